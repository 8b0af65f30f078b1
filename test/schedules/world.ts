import { changeCommands } from '../../src/log/changed-commands.js'
import type { InvalidationLog } from '../../src/log/log.js'
import type { MemoryLink } from '../../src/log/memory/memory-link.js'
import { MemoryLog } from '../../src/log/memory/memory-log.js'
import { maxTextBytes } from '../../src/message/limits.js'
import { decodeFrame } from '../../src/message/wire/decode-frame.js'
import { InvalidationPublisher } from '../../src/publisher/publisher.js'
import { type CursorFactory, memoryCursor, redisCursor } from '../../src/subscriber/handling/cursor.js'
import type { Runtime } from '../../src/support/runtime.js'
import { encodeCrateMessage } from '../support/crate-message.js'
import { encodeMessage } from '../support/encode-message.js'
import { VirtualRuntime } from '../support/virtual-runtime.js'
import { CacheCopy } from './cache-copy.js'
import { Ledger } from './ledger.js'
import type { Schedule, Step } from './schedule.js'
import { Stranger } from './stranger.js'
import type { Transcript } from './transcript.js'
import { type Note, noteEvents, publisherEvents } from './witness.js'

const heartbeatMs = 100

/**
 * After this many virtual ms without a fault everything must have come to rest: what a handler gives up on is covered
 * once a minute.
 */
const healingMs = 1_200_000

/** How a publisher writes: the next `left` frames in a form that no reader knows, or that is only partly known. */
interface Newer {
  left: number
  partly: boolean
}

/** A publisher that died is forgotten after this time. */
const forgottenMs = 61_000

interface Writer {
  readonly service: string
  readonly link: MemoryLink
  readonly newer: Newer
  /** The keys that it published. */
  readonly keys: Set<string>
  readonly publisher: InvalidationPublisher
  readonly note: Note | undefined
}

/** Publishers and copies of a cache around one log, in virtual time. */
export class World {
  readonly #schedule: Schedule
  readonly #transcript: Transcript | undefined
  readonly #runtime: VirtualRuntime
  readonly #log: MemoryLog
  readonly #ledger: Ledger
  readonly #stranger: Stranger
  readonly #writers: Writer[] = []
  readonly #copies: CacheCopy[] = []
  readonly #pending = new Set<Promise<unknown>>()
  #keys = 0
  #deaths = 0
  /** By how much the server's clock was set back. */
  #setBackMs = 0
  #processes = 0

  private constructor(schedule: Schedule, transcript: Transcript | undefined) {
    this.#schedule = schedule
    this.#transcript = transcript
    this.#runtime = new VirtualRuntime(schedule.seed)
    this.#log = new MemoryLog({ runtime: this.#runtime, latencyMs: schedule.latencyMs, nodeSize: 1 })
    this.#ledger = new Ledger(this.#runtime, this.#log)
    this.#stranger = new Stranger(this.#log)
  }

  /** Runs a schedule to its end, and notes in the transcript what users see; rejects with what went wrong. */
  static async run(schedule: Schedule, transcript?: Transcript): Promise<void> {
    const world = new World(schedule, transcript)
    const note = world.#noteOf('schedule')
    try {
      await world.#run(note)
    } catch (error) {
      note?.('failed', error instanceof Error ? error.message : error)
      throw error
    }
  }

  async #run(note: Note | undefined): Promise<void> {
    const { steps, ...settings } = this.#schedule
    note?.('settings', settings)
    await this.#start()
    for (const step of steps) {
      note?.('step', step)
      await this.#take(step)
      this.#ledger.check()
    }
    note?.('heal')
    await this.#heal()
    this.#ledger.checkEnd()
    note?.('close')
    await this.#close()
  }

  async #start(): Promise<void> {
    const { retention, packing, pageSize, maxBuffered, maxWaiting, forMs, older } = this.#schedule
    const connection = { heartbeatMs, retention, closeTimeoutMs: 1_000 }
    for (const service of ['writer-0', 'writer-1']) this.#writers.push(await this.#startWriter(service))
    const cursors: [string, CursorFactory][] = [
      ['memory', memoryCursor()],
      ['durable', redisCursor()],
      ['slow', redisCursor()],
      ['parallel', redisCursor()],
    ]
    for (const [name, cursor] of cursors) {
      const slow = name === 'slow' || name === 'parallel'
      const ledger = this.#ledger.copy(name)
      const concurrency = name === 'parallel' ? 3 : 1
      // What waits, what was buffered while the log was read, and what was there when the reading began.
      // Beside them, what is tried again and what rests behind it, with one more for each line.
      if (slow && !packing) ledger.maxBehind = 3 * maxBuffered + 2 * maxWaiting + concurrency
      const copy = new CacheCopy(this.#log.link(), ledger, {
        name,
        cursor,
        pageSize,
        knowsColumns: !(older.reader && name === 'memory'),
        connection: { ...connection, runtime: this.#nextRuntime() },
        noteOf: (life) => this.#noteOf(`${name}/${life}`),
        handlingMs: slow ? 30 : 0,
        maxBuffered: slow ? maxBuffered : 10_000,
        concurrency,
        onForeignGap: this.#schedule.mixed ? 'resync' : 'notify',
        retry: { forMs, maxWaiting, order: name === 'slow' ? 'strict' : 'any' },
        isAppended: (key) => this.#ledger.isAppended(key),
        deleteLog: () => {
          this.#ledger.cleared()
          this.#log.clear()
        },
      })
      this.#copies.push(copy)
      await this.#until(copy.start())
    }
    // Not every subscription has begun when the schedule does: its steps may strike them as they begin.
    await this.#runtime.advance(this.#schedule.latencyMs)
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'publish':
        this.#publish(at(this.#writers, step.publisher), step.count)
        return this.#runtime.settle()
      case 'foreign':
        for (let index = 0; index < step.count; index++) this.#publishForeign(step.large)
        return this.#runtime.settle()
      case 'wait':
        return this.#runtime.advance(step.ms)
      case 'cut':
        at(this.#copies, step.who).link.cut(step.kind)
        return
      case 'cutPublisher':
        at(this.#writers, step.publisher).link.cut()
        return
      case 'drop':
        at(this.#copies, step.who).link.drop(step.count)
        return
      case 'duplicate':
        at(this.#copies, step.who).link.duplicate(step.count)
        return
      case 'delay':
        at(this.#copies, step.who).link.delay(step.count, step.ms)
        return
      case 'deafen':
        at(this.#copies, step.who).link.deafen()
        return
      case 'loseAcknowledgements':
        at(this.#writers, step.publisher).link.loseAcknowledgements(step.count)
        return
      case 'outage':
        this.#log.goDown()
        await this.#runtime.advance(step.ms)
        this.#log.comeBack()
        return
      case 'kill':
        await this.#until(at(this.#copies, step.who).kill())
        await this.#runtime.advance(step.downMs)
        return this.#until(at(this.#copies, step.who).start())
      case 'restart':
        await this.#until(at(this.#copies, step.who).stop())
        return this.#until(at(this.#copies, step.who).start())
      case 'waitFor':
        this.#watch(at(this.#copies, step.who).waitFor(this.#ledger.lastPosition))
        return
      case 'forge':
        this.#stranger.forge(step)
        return this.#runtime.settle()
      case 'failHandler':
        at(this.#copies, step.who).failUntil(this.#runtime.monotonic() + step.ms)
        return
      case 'poison':
        this.#publish(at(this.#writers, step.publisher), 1, 'poison')
        return this.#runtime.settle()
      case 'failOver':
        this.#ledger.failedOver()
        this.#log.failOver({ lose: step.lose, keep: step.keepFeeds ? 'feeds' : 'none' })
        return
      case 'failOverUnseen':
        return this.#failOverUnseen(step)
      case 'publisherDies':
        return this.#killWriter(step.publisher % this.#writers.length)
      case 'serveReplica':
        at(this.#copies, step.who).link.serveReplica(step.state)
        return
      case 'servePrimary':
        at(this.#copies, step.who).link.serveReplica(undefined)
        return
      case 'limitPages':
        at(this.#copies, step.who).link.limitPages(step.entries)
        return
      case 'stepClock':
        this.#setBackMs += Math.max(0, -step.ms)
        this.#log.stepClock(step.ms)
        return
      case 'writeNewer':
        Object.assign(at(this.#writers, step.publisher).newer, { left: step.count, partly: step.partly })
        return
      case 'deleteLog':
        at(this.#copies, step.who).deleteLog(step.count)
        return
      case 'clear':
        this.#ledger.cleared()
        this.#log.clear()
        return
      case 'trim':
        this.#log.trim(step.keep)
        return
      case 'delete': {
        const entry = this.#log.entries().at(-1 - step.at)
        if (entry) this.#log.deleteEntries(entry.position.streamId)
        return
      }
      case 'evictLast':
        this.#log.evictLast()
    }
  }

  async #startWriter(service: string): Promise<Writer> {
    const { retention, maxQueued, packing, older } = this.#schedule
    const link = this.#log.link()
    const runtime = this.#nextRuntime()
    const options = {
      heartbeatMs,
      retention,
      closeTimeoutMs: 1_000,
      runtime,
      maxQueued,
      packing,
      publishTimeoutMs: 500,
    }
    const newer = { left: 0, partly: false }
    const log = this.#recorded(link, newer, older.writer && service === 'writer-1')
    const publisher = await this.#until(InvalidationPublisher.connect(log, service, options))
    publisher.on('error', ignore)
    const note = this.#noteOf(service)
    if (note) noteEvents(publisher, publisherEvents, note)
    return { service, link, newer, publisher, keys: new Set(), note }
  }

  /** A publisher dies, with all that it would have appended again; another takes its place. */
  async #killWriter(index: number): Promise<void> {
    const writer = this.#writers[index]
    if (!writer) return
    const { service, link, publisher, keys } = writer
    this.#ledger.publisherDied(keys)
    this.#deaths += 1
    link.refuseWrites('refused')
    await this.#until(publisher.close())
    this.#writers[index] = await this.#startWriter(service)
  }

  /** A failover loses what a copy has not seen, and the publisher comes back after the copy. */
  async #failOverUnseen({ who, publisher, count, lose, awayMs }: Step & { do: 'failOverUnseen' }): Promise<void> {
    const copy = at(this.#copies, who)
    const writer = at(this.#writers, publisher)
    await this.#until(copy.kill())
    this.#publish(writer, count)
    await this.#runtime.advance(100)
    this.#ledger.failedOver()
    this.#log.failOver({ lose, keep: 'none' })
    writer.link.goDown()
    await this.#until(copy.start())
    for (let ms = 0; ms < awayMs; ms += 50) {
      await this.#runtime.advance(50)
      this.#ledger.check()
    }
    writer.link.comeBack()
  }

  /** A link whose acknowledged appends are entered in the ledger. */
  #recorded(link: MemoryLink, newer: Newer, isOlder: boolean): InvalidationLog {
    return changeCommands(link, (commands) => ({
      append: async (appendId, given, retention) => {
        const known = isOlder ? listForm(given) : given
        const frame = newer.left-- > 0 ? newerForm(known, newer.partly) : known
        const appended = await commands.append(appendId, frame, retention)
        this.#ledger.appended(frame)
        return appended
      },
    }))
  }

  /** Publishers and copies draw from their own chance, as processes do. */
  #nextRuntime(): Runtime {
    this.#processes += 1
    return this.#runtime.withChance(this.#schedule.seed ^ Math.imul(this.#processes, 0x9e3779b1))
  }

  #noteOf(actor: string): Note | undefined {
    const transcript = this.#transcript
    return transcript && ((what, detail) => transcript.add(this.#runtime.monotonic(), actor, what, detail))
  }

  #publish({ publisher, keys, note }: Writer, count: number, kind = 'k'): void {
    for (let index = 0; index < count; index++) {
      const key = `${kind}${this.#keys++}`
      this.#ledger.changed(key)
      keys.add(key)
      const publishing = publisher.invalidate('user', key).then(
        (receipt) => {
          this.#ledger.acknowledged(key, receipt.position)
          note?.('published', { key, ...receipt })
        },
        // Timed out: it stays queued, and is still sent.
        (error: unknown) => note?.('unpublished', { key, error }),
      )
      this.#watch(publishing)
    }
  }

  /** As a service on the crate does: its message is not in the log, and has no limits. */
  #publishForeign(large: boolean): void {
    const key = `k${this.#keys++}`
    this.#ledger.changed(key)
    this.#ledger.appended(JSON.stringify(key))
    const service = large ? 'x'.repeat(maxTextBytes + 1) : 'crate'
    this.#log.publish(
      encodeCrateMessage({ entity_type: 'User', entity_id: key, action: 'Delete', source_service: service }),
    )
  }

  /** Nothing more goes wrong: everything must come to rest, and nothing be left pending. */
  async #heal(): Promise<void> {
    for (const copy of this.#copies) {
      copy.deleteLog(0)
      copy.link.serveReplica(undefined)
    }
    for (const { newer } of this.#writers) newer.left = 0
    await this.#runtime.advance(5_000)
    // Those that died are forgotten at once: to wait for it takes most of the time of a run.
    if (this.#deaths > 0) this.#log.stepClock(forgottenMs + this.#setBackMs)
    for (const { publisher } of this.#writers) await this.#until(publisher.flush())
    await this.#runtime.advance(5_000)
    for (const copy of this.#copies) await this.#until(copy.caughtUp(healingMs))
    await this.#until(Promise.all(this.#pending))
  }

  async #close(): Promise<void> {
    for (const { publisher, note } of this.#writers) {
      note?.('health', publisher.health())
      await this.#until(publisher.close())
      note?.('closed')
    }
    for (const copy of this.#copies) await this.#until(copy.stop())
  }

  #watch(promise: Promise<unknown>): void {
    this.#pending.add(promise)
    void promise.finally(() => this.#pending.delete(promise)).catch(ignore)
  }

  #until<T>(promise: Promise<T>): Promise<T> {
    return this.#runtime.runUntil(promise, 2 * healingMs)
  }
}

/** A frame as a version before columns wrote it, which says the same. */
function listForm(frame: string): string {
  if (!frame.startsWith('{"columns":')) return frame
  return `{"frame":[${decodeFrame(frame).messages.map(encodeMessage).join()}]}`
}

/** A frame as a later version might write it, which says the same. */
function newerForm(frame: string, partly: boolean): string {
  if (!partly) return `{"later":${frame},"version":"9.1.0"}`
  const packed = '{"frame":['
  const known = listForm(frame)
  return `${packed}{"later":1},${known.startsWith(packed) ? known.slice(packed.length) : `${known}]}`}`
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('There is none')
  return item
}

function ignore(): void {
  // Faults are what a schedule is about.
}
