/**
 * The codes an {@link InvalidationError} can carry. They are stable: match on `error.code`, never on the message.
 */
export const InvalidationErrorCode = {
  configuration: 'CONFIGURATION',
  invalidMessage: 'INVALID_MESSAGE',
  serialization: 'SERIALIZATION',
  redis: 'REDIS',
  publishTimeout: 'PUBLISH_TIMEOUT',
  waitTimeout: 'WAIT_TIMEOUT',
  handler: 'HANDLER',
  handlerTimeout: 'HANDLER_TIMEOUT',
  loadTimeout: 'LOAD_TIMEOUT',
  unsupportedServer: 'UNSUPPORTED_SERVER',
  closed: 'CLOSED',
} as const

/** One of the values of the {@link (InvalidationErrorCode:variable)} table. */
export type InvalidationErrorCode = (typeof InvalidationErrorCode)[keyof typeof InvalidationErrorCode]

/**
 * The base of every error this library makes. What your own code throws, such as a cursor store, is passed on as it is.
 */
export abstract class InvalidationError extends Error {
  abstract readonly code: InvalidationErrorCode

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** An option or argument that can't work: what waiting can't mend. */
export class ConfigurationError extends InvalidationError {
  readonly code = InvalidationErrorCode.configuration
}

/**
 * What is wrong with a message.
 *
 * - `json`: it is no JSON object
 * - `size`: it, or a part of it, is longer or nests deeper than it may
 * - `field`: a field is missing or of the wrong kind; an argument is no cache key, or no position
 * - `version`: another version of this package wrote it, in a form that this version does not know
 */
export type InvalidMessageReason = 'json' | 'size' | 'field' | 'version'

/** Options of an {@link InvalidMessageError}. */
export interface InvalidMessageErrorOptions extends ErrorOptions {
  /** Default `field`. */
  readonly reason?: InvalidMessageReason
}

/** A message that breaks the wire format or its limits. */
export class InvalidMessageError extends InvalidationError {
  readonly code = InvalidationErrorCode.invalidMessage
  readonly reason: InvalidMessageReason

  constructor(message: string, options: InvalidMessageErrorOptions = {}) {
    super(message, options)
    this.reason = options.reason ?? 'field'
  }
}

/** A value that JSON can't carry, such as a `BigInt` or a cycle in `metadata`. */
export class SerializationError extends InvalidationError {
  readonly code = InvalidationErrorCode.serialization
}

/**
 * Why Redis did not do what was asked.
 *
 * - `disconnected`: the connection was down, or closed before the reply came (the command may have been executed)
 * - `timeout`: no reply within the deadline; the connection is replaced (the command may have been executed)
 * - `readonly`: the server is a replica
 * - `moved`: the slot lives on another server
 * - `refused`: credentials or rights (`NOAUTH`, `WRONGPASS`, `NOPERM`), protected mode, a certificate that is not
 *   accepted, or a command that the server does not offer
 * - `replicas`: appended, but fewer replicas confirmed it than `waitReplicas` asks for
 * - `reply`: all other error replies
 */
export type RedisErrorKind = 'disconnected' | 'timeout' | 'readonly' | 'moved' | 'refused' | 'replicas' | 'reply'

/** Redis refused a command, or the link to it failed. */
export class RedisError extends InvalidationError {
  readonly code = InvalidationErrorCode.redis
  readonly kind: RedisErrorKind

  constructor(kind: RedisErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** Whether the link failed before a reply came; the command may have been executed. */
export function isLinkLost(error: unknown): boolean {
  return error instanceof RedisError && (error.kind === 'disconnected' || error.kind === 'timeout')
}

/** Whether credentials, rights or a certificate were refused, or the server does not offer the command. */
export function isRefused(error: unknown): boolean {
  return error instanceof RedisError && error.kind === 'refused'
}

/** `publish()` was not acknowledged in time. The message stays queued and is still sent. */
export class PublishTimeoutError extends InvalidationError {
  readonly code = InvalidationErrorCode.publishTimeout
}

/** `waitFor()` or `caughtUp()` did not see its position handled in time. */
export class WaitTimeoutError extends InvalidationError {
  readonly code = InvalidationErrorCode.waitTimeout
}

/** A loader of a cache ran longer than `loadTimeoutMs`. */
export class LoadTimeoutError extends InvalidationError {
  readonly code = InvalidationErrorCode.loadTimeout
}

/** A handler threw or rejected; `cause` is what it threw. */
export class HandlerError extends InvalidationError {
  readonly code = InvalidationErrorCode.handler
}

/** A handler ran longer than `handlerTimeoutMs`. */
export class HandlerTimeoutError extends InvalidationError {
  readonly code = InvalidationErrorCode.handlerTimeout
}

/** The server lacks a feature the protocol needs; the message names it. */
export class UnsupportedServerError extends InvalidationError {
  readonly code = InvalidationErrorCode.unsupportedServer
}

/** The publisher, subscriber or subscription was closed. */
export class ClosedError extends InvalidationError {
  readonly code = InvalidationErrorCode.closed
}
