import type { Appended } from '../../../src/log/model/entry.js'
import type { TraceContext } from '../../../src/message/trace-context.js'
import type { PreparedMessage } from '../../../src/message/wire/prepared-message.js'
import { Caller } from '../../../src/publisher/callers.js'
import { RedisError } from '../../../src/support/errors.js'

/** A prepared message whose text is as long as it says. */
interface PreparedOptions {
  readonly key?: string
  readonly bytes?: number
  readonly packedBytes?: number
  readonly trace?: TraceContext
}

export function prepared(
  messageId: string,
  { key = messageId, bytes = 10, packedBytes = bytes, trace }: PreparedOptions = {},
): PreparedMessage {
  return {
    messageId,
    json: messageId.padEnd(bytes, '.'),
    bytes,
    packedBytes,
    trace,
    coalesceGroup: '',
    coalesceKey: key,
  }
}

/** A caller, and what became of it: the id of its message, an error, or nothing yet. */
export class TestCaller {
  readonly caller: Caller
  outcome: string | Error | undefined
  /** How often its span heard that its message left the send queue. */
  toldSent = 0

  constructor(deadline = Infinity) {
    this.caller = new Caller(
      {
        resolve: (receipt) => (this.outcome = receipt.messageId),
        reject: (error) => (this.outcome = error as Error),
      },
      deadline,
      () => undefined,
    )
  }

  /** Has a span that hears when its message leaves the send queue. */
  withSpan(): this {
    const ignore = (): void => undefined
    this.caller.reportTo({
      traceContext: undefined,
      isRecorded: true,
      sent: () => (this.toldSent += 1),
      accepted: ignore,
      queued: ignore,
      appended: ignore,
      failed: ignore,
    })
    return this
  }
}

interface Attempt {
  readonly appendId: string
  readonly frame: string
  readonly settlers: PromiseWithResolvers<Appended>
}

/** A server whose answers a test gives one by one. */
export class SlowServer {
  readonly attempts: Attempt[] = []
  #answered = 0

  readonly append = (appendId: string, frame: string): Promise<Appended> => {
    const settlers = Promise.withResolvers<Appended>()
    this.attempts.push({ appendId, frame, settlers })
    return settlers.promise
  }

  /** The frames sent so far. */
  get frames(): string[] {
    return this.attempts.map(({ frame }) => frame)
  }

  /** Acknowledges the oldest attempt that has no answer. */
  acknowledge(): Promise<void> {
    const { appendId, settlers } = this.#next()
    settlers.resolve({ position: { streamId: `${this.#answered}-0`, appendId }, prev: '', receivers: 0 })
    return settled()
  }

  /** Fails the oldest attempt that has no answer. */
  fail(error: Error = new RedisError('reply', 'OOM command not allowed')): Promise<void> {
    this.#next().settlers.reject(error)
    return settled()
  }

  #next(): Attempt {
    const attempt = this.attempts[this.#answered++]
    if (!attempt) throw new Error('Every attempt has its answer already')
    return attempt
  }
}

/** Resolves when all promise chains have run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
