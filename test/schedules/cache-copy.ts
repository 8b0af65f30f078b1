import { changeCommands } from '../../src/log/changed-commands.js'
import type { InvalidationLog } from '../../src/log/log.js'
import type { MemoryLink } from '../../src/log/memory/memory-link.js'
import type { InvalidationMessage } from '../../src/message/message.js'
import type { CursorFactory } from '../../src/subscriber/handling/cursor.js'
import type { Delivery } from '../../src/subscriber/handling/delivery.js'
import type { RetryPolicy } from '../../src/subscriber/handling/failing.js'
import { InvalidationSubscriber } from '../../src/subscriber/subscriber.js'
import type { Subscription } from '../../src/subscriber/subscription.js'
import type { RetentionOptions } from '../../src/support/connection-options.js'
import { delay, type Runtime } from '../../src/support/runtime.js'
import type { CopyLedger } from './ledger.js'
import { type Note, noteEvents, subscriberEvents, subscriptionEvents } from './witness.js'

export interface CacheCopyOptions {
  readonly name: string
  readonly cursor: CursorFactory
  readonly pageSize: number
  /** False for a process of an older version. */
  readonly knowsColumns: boolean
  readonly maxBuffered: number
  readonly concurrency: number
  readonly onForeignGap: 'notify' | 'resync'
  readonly retry: Pick<RetryPolicy, 'forMs' | 'maxWaiting' | 'order'>
  /** How long a handler runs at most. */
  readonly handlingMs: number
  readonly isAppended: (key: string) => boolean
  /** Deletes the log, as a handler does that deletes every key of its Redis. */
  readonly deleteLog: () => void
  /** Where to note what users of its process see; each start begins another life. */
  readonly noteOf: (life: number) => Note | undefined
  readonly connection: { readonly runtime: Runtime; readonly heartbeatMs: number; readonly retention: RetentionOptions }
}

interface Running {
  readonly subscriber: InvalidationSubscriber
  readonly subscription: Subscription
  readonly note: Note | undefined
}

const handlerTimeoutMs = 100

/** A copy of the cache and the process that keeps it: it can be killed and started again, and its cache then may outlive it. */
export class CacheCopy {
  readonly link: MemoryLink
  readonly #ledger: CopyLedger
  readonly #options: CacheCopyOptions
  #running: Running | undefined
  #lives = 0
  #deletions = 0
  #failUntil = -Infinity

  constructor(link: MemoryLink, ledger: CopyLedger, options: CacheCopyOptions) {
    this.link = link
    this.#ledger = ledger
    this.#options = options
  }

  async start(): Promise<void> {
    const { connection, handlingMs, name, cursor, pageSize, maxBuffered, concurrency, onForeignGap } = this.#options
    const options = { name, cursor, pageSize, maxBuffered, concurrency, onForeignGap }
    this.link.refuseWrites(undefined)
    const { knowsColumns } = this.#options
    const log = name === 'slow' ? behindProxy(this.link) : knowsColumns ? this.link : withoutColumns(this.link)
    const subscriber = await InvalidationSubscriber.connect(log, connection)
    subscriber.on('error', ignore)
    const note = this.#options.noteOf(this.#lives++)
    if (note) noteEvents(subscriber, subscriberEvents, note)
    const { runtime } = connection
    const retry = { ...this.#options.retry, minDelayMs: 5, maxDelayMs: 60 }
    const subscription = subscriber.subscribe(
      async (message, delivery) => {
        note?.('handle', { ...originOf(delivery), message })
        const place = placeOf(delivery, subscription)
        const work = { position: place }
        const failing = `${delivery.mode === 'resync' ? '' : delivery.position} ${message.messageId}`
        this.#ledger.running.add(work)
        // Until it is handled, or everything is evicted instead, the watermark must not pass it.
        if (place !== '') this.#ledger.failing.set(failing, place)
        try {
          if (handlingMs > 0) await delay(runtime, Math.floor(runtime.random() * handlingMs))
          await this.#fail(runtime, message, delivery)
        } finally {
          this.#ledger.running.delete(work)
        }
        // A process that was killed evicts nothing any more.
        if (this.#running?.subscriber === subscriber) {
          this.#ledger.failing.delete(failing)
          this.#evict(message, delivery)
        }
        if (message.action === 'pattern' && this.#deletions-- > 0) this.#options.deleteLog()
      },
      { ...options, handlerTimeoutMs, retry, commitIntervalMs: 50 },
    )
    subscription.on('error', ignore)
    if (note) noteEvents(subscription, subscriptionEvents, note)
    this.#running = { subscriber, subscription, note }
    this.#ledger.freshness = () => subscription.freshness()
    // What outlives the process is full already; what does not is filled when nothing can be missed any more.
    if (options.name === 'memory') void this.#fillWhenCaughtUp(subscription)
    else this.#ledger.filled = true
  }

  /** The next so many times that everything is evicted, the log is deleted with it. */
  deleteLog(count: number): void {
    this.#deletions = count
  }

  /** The process dies: nothing it does counts any more, and nothing it saves reaches the log. */
  async kill(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    this.link.refuseWrites('refused')
    await closed(running)
    this.#died()
  }

  /** The process is shut down in order. */
  async stop(): Promise<void> {
    await closed(this.#running)
    this.#running = undefined
    this.#died()
  }

  async caughtUp(timeoutMs: number): Promise<void> {
    await this.#running?.subscription.caughtUp({ timeoutMs })
    this.#running?.note?.('caughtUp')
  }

  /** Settles either way; that it does is what counts. */
  async waitFor(position: string | undefined): Promise<void> {
    if (position === undefined || !this.#running) return
    const { subscription, note } = this.#running
    await subscription.waitFor(position, { timeoutMs: 1_000 }).then(
      () => note?.('waitedFor', { position }),
      (error: unknown) => note?.('waitedFor', { position, error }),
    )
  }

  /** From now until then every try of the handler fails. */
  failUntil(ms: number): void {
    this.#failUntil = Math.max(this.#failUntil, ms)
  }

  /** The handler throws for a time, always with poison, and now and then; or it does not end before its time limit. */
  async #fail(runtime: Runtime, message: InvalidationMessage, delivery: Delivery): Promise<void> {
    if (runtime.monotonic() < this.#failUntil) throw new Error('the handler fails for a time')
    if (message.action === 'delete' && message.entityId.startsWith('poison')) throw new Error('no handler can do this')
    const chance = runtime.random()
    if (delivery.attempt >= 3) return
    if (chance < 0.05) throw new Error('the handler fails now and then')
    if (chance < 0.06)
      await new Promise((_, reject) => delivery.signal.addEventListener('abort', reject, { once: true }))
  }

  #evict(message: InvalidationMessage, delivery: Delivery): void {
    if (delivery.mode === 'resync' || message.action === 'pattern') this.#ledger.failing.clear()
    if (delivery.mode === 'resync') this.#ledger.evictAll(this.#options.isAppended)
    // A publisher whose send queue was full, or who can't know what a failover lost, stands for all it has published.
    else if (message.action === 'pattern') this.#ledger.evictAll(() => true)
    else if (message.action === 'delete') this.#ledger.evict(message.entityId)
    else throw new Error(`Unexpected message ${JSON.stringify({ message, mode: delivery.mode })}`)
  }

  #died(): void {
    this.#ledger.freshness = undefined
    this.#ledger.running.clear()
    this.#ledger.failing.clear()
    if (this.#options.name === 'memory') this.#ledger.lose()
  }

  async #fillWhenCaughtUp(subscription: Subscription): Promise<void> {
    try {
      await subscription.caughtUp({ timeoutMs: 3_600_000 })
    } catch {
      return
    }
    if (this.#running?.subscription === subscription) this.#ledger.filled = true
  }
}

/** The log as it is seen through a proxy that gives databases other numbers. */
function behindProxy(link: MemoryLink): InvalidationLog {
  return { ...changeCommands(link, () => ({})), database: 7 }
}

/** The log as a process of an older version sees it: frames in columns are of a form that it does not know. */
function withoutColumns(link: MemoryLink): InvalidationLog {
  const unknown = (text: string): string => text.replace('"columns":{', '"unknown":{')
  const log = changeCommands(link, (commands) => ({
    async readPage(from, count, joined) {
      const page = await commands.readPage(from, count, joined)
      return { ...page, entries: page.entries.map((entry) => ({ ...entry, frame: unknown(entry.frame) })) }
    },
  }))
  return {
    ...log,
    openFeed: (listener) =>
      link.openFeed({
        onUp: () => listener.onUp(),
        onDown: (error) => listener.onDown(error),
        onError: (error) => listener.onError(error),
        onMessage: (text) => listener.onMessage(unknown(text)),
      }),
  }
}

/** Closes a process; how it was at the end is what its users could see last. */
async function closed(running: Running | undefined): Promise<void> {
  if (!running) return
  const { subscriber, subscription, note } = running
  note?.('freshness', { ...subscription.freshness(), counts: subscription.counts })
  await subscriber.close()
  note?.('closed')
}

/** Without the signal, which every delivery has. */
function originOf(delivery: Delivery): object {
  const { mode, attempt } = delivery
  if (mode === 'resync') return { mode, attempt, reason: delivery.reason, missed: delivery.missed }
  return { mode, attempt, position: delivery.position }
}

/** Where the watermark must not be yet. An orphaned frame has no such place: a resync may have covered it. */
function placeOf(delivery: Delivery, subscription: Subscription): string {
  if (delivery.mode === 'resync' || subscription.counts.orphaned > 0) return ''
  return delivery.position ?? ''
}

function ignore(): void {
  // Faults are what a schedule is about.
}
