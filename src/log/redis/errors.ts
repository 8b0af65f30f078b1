import { ConfigurationError, InvalidationError, isRefused, RedisError } from '../../support/errors.js'
import { describeThrown, isError } from '../../support/thrown.js'
import { adviceFor, codeOfText, kindOfReply, refusalOf, withoutArguments } from './refusals.js'

/**
 * The code an error reply begins with, such as `NOPERM`, of ioredis' error or of ours; undefined for an error that is
 * no reply.
 */
export function replyCode(error: unknown): string | undefined {
  const text = replyText(error)
  return text === undefined ? undefined : codeOfText(text)
}

/** The text of an error reply, of ioredis' error or of ours; undefined for an error that is no reply. */
export function replyText(error: unknown): string | undefined {
  const reply = error instanceof InvalidationError ? error.cause : error
  return isReplyError(reply) ? reply.message : undefined
}

/** Whether a call failed because a right is missing, or because the server does not know the command. */
export function isUnavailable(error: unknown): boolean {
  return isRefused(error) || refusalOf(replyText(error) ?? '') === 'absent'
}

function isReplyError(error: unknown): error is Error {
  return isError(error) && error.name === 'ReplyError'
}

/** Says of any error of a call which command failed, on which server, and what to do. */
export function toRedisError(error: unknown, command: string, server: string): InvalidationError {
  if (error instanceof InvalidationError) return error
  if (isReplyError(error)) {
    if (/DB index is out of range/i.test(error.message)) return noSuchDatabase(error.message, server)
    return replyError(error.message, command, server)
  }
  const failure = tlsFailure(error, server)
  if (failure) return failure
  const stranger = strangerFailure(error, server)
  if (stranger) return stranger
  const text = textOf(error)
  const hint = isClosedAtOnce(text) ? closedAtOnce : ''
  return new RedisError('disconnected', `${command.toUpperCase()} to ${server} failed: ${text}${hint}`, {
    cause: error,
  })
}

/** A server that closes at once says why, but the text may be lost when we write to the closed connection. */
function isClosedAtOnce(text: string): boolean {
  return /ECONNRESET|EPIPE/.test(text)
}

const closedAtOnce =
  '. If it never comes up: does the server ask for TLS (rediss://) or for a certificate of the client, is it in protected mode (DENIED: it serves its own machine alone, until it has a password or `protected-mode no`), or has it as many connections as `maxclients` permits?'

/** Names a server that is not Redis by its first byte, which ioredis reports; undefined for any other error. */
function strangerFailure(error: unknown, server: string): InvalidationError | undefined {
  const text = textOf(error)
  // As the parsers of ioredis 5 and 6 say it.
  const first = /^(?:Protocol error, got|Unknown RESP type \d+) (".+?")(?: as|\.)/.exec(text)?.[1]
  if (first === '"H"' || first === '"<"') {
    return new ConfigurationError(
      `Expected ${server} to be a Redis server, but it answers as an HTTP server: check host and port`,
      { cause: error },
    )
  }
  // The first byte of an alert of TLS.
  if (first === '"\\u0015"') {
    return new RedisError(
      'disconnected',
      `The server at ${server} asks for TLS: connect with rediss://, or with \`tls\``,
      {
        cause: error,
      },
    )
  }
  return undefined
}

/** Waiting does not help: a server has the databases that its configuration says. */
function noSuchDatabase(text: string, server: string): ConfigurationError {
  return new ConfigurationError(
    `Expected a database that ${server} has (${text}): \`databases\` in its configuration says how many there are`,
  )
}

/** A host with several addresses fails with an error for each, and no message of its own. */
function textOf(error: unknown): string {
  if (isError(error) && 'errors' in error && Array.isArray(error.errors)) return error.errors.map(textOf).join('; ')
  return describeThrown(error)
}

/** An error reply as an error. */
export function replyError(reply: string, command: string, server: string): RedisError {
  const text = withoutArguments(reply)
  const code = codeOfText(text)
  const kind = kindOfReply(text)
  const advice = adviceFor(text)
  const hint = advice === undefined ? '' : `. ${advice}`
  return new RedisError(kind, `${command.toUpperCase()} was refused by ${server}: ${text.replace(/\.$/, '')}${hint}`, {
    cause: replyCause(text, code),
  })
}

/** ioredis hangs the arguments of the command on its errors, passwords too: the cause is made anew. */
export function replyCause(text: string, code = codeOfText(text)): Error {
  return Object.assign(new Error(text), { name: 'ReplyError', code })
}

export function timeoutError(command: string, server: string, commandTimeoutMs: number): RedisError {
  return new RedisError(
    'timeout',
    `${command.toUpperCase()} to ${server} was not answered in time (\`commandTimeoutMs\` is ${commandTimeoutMs}); it may have been executed. The connection is replaced`,
  )
}

export function connectTimeoutError(server: string, commandTimeoutMs: number): RedisError {
  return new RedisError(
    'timeout',
    `The connection to ${server} did not come up in time (\`commandTimeoutMs\` is ${commandTimeoutMs}): is it a Redis server, reachable, with TLS (rediss://) if, and only if, it asks for that?`,
  )
}

/** A failure of TLS: the codes that Node has for it, what has happened at a server, and what to do about it. */
interface Cause {
  readonly codes: RegExp
  readonly happened: (server: string) => string
  readonly advice: string
}

/** One side does not accept the certificate of the other: trying again does not help. */
const refusals: readonly Cause[] = [
  {
    codes: /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    happened: (server) => `The certificate of the server at ${server} is for another name`,
    advice: 'Connect by a name that it has, or give that name as `tls.servername`',
  },
  {
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    happened: (server) => `The certificate of the server at ${server} is not valid now`,
    advice: 'Renew it, or put the clock of this machine right',
  },
  {
    codes: /^(UNABLE_TO|CERT|CRL|SELF_SIGNED|DEPTH_ZERO)_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/,
    happened: (server) => `The certificate of the server at ${server} is not trusted`,
    advice: 'Give the certificate of the CA that issued it as `tls.ca`, or name its file in NODE_EXTRA_CA_CERTS',
  },
  {
    codes: /^ERR_SSL_\w*ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA|DECRYPT_ERROR|ACCESS_DENIED)$/,
    happened: (server) => `The server at ${server} does not accept our certificate, or asks for one`,
    advice: 'Give one that its CA has issued as `tls.cert`, and its key as `tls.key`',
  },
]

/** What is said of an error of TLS; undefined for any other. */
export function tlsFailure(error: unknown, server: string): InvalidationError | undefined {
  if (!isError(error) || !('code' in error) || typeof error.code !== 'string') return undefined
  const { code } = error
  const why = reasonOf(error)
  const refusal = refusals.find(({ codes }) => codes.test(code))
  if (refusal) {
    return new RedisError('refused', `${refusal.happened(server)} (${why}). ${refusal.advice}`, { cause: error })
  }
  if (code.startsWith('ERR_OSSL_')) {
    return new ConfigurationError(
      `Expected \`tls\` to hold a certificate and its key in PEM for ${server}, got what OpenSSL refuses (${why}): check \`tls.cert\`, \`tls.key\` and \`tls.passphrase\``,
      { cause: error },
    )
  }
  if (!code.startsWith('ERR_SSL_')) return undefined
  return new RedisError(
    'disconnected',
    `TLS with ${server} failed (${why}). Does it speak TLS on this port (else connect with redis://), and ask for a certificate (\`tls.cert\`, \`tls.key\`)?`,
    { cause: error },
  )
}

/** OpenSSL's message is full of addresses and lines of its code; the reason in it stands apart. */
function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
}
