import type { Log } from '../../log/log.js'
import type { Presence } from '../../log/model/entry.js'
import { formatPosition, lookupBatches, type Position } from '../../log/model/position.js'
import { atEndOfTurn } from '../../support/async-context.js'
import { ConfigurationError } from '../../support/errors.js'
import { Outage } from '../../support/outage.js'
import type { Runtime, Timer } from '../../support/runtime.js'
import { type Effect, type LogFrame, noEffects } from './effect.js'
import { fits, type Intake, type Load, noLoad, withFrame } from './intake.js'

export interface StrayListener {
  /** The log has a frame that was not accepted, or may have it. The frame is there unless it was handed over. */
  onGap(frame: LogFrame | undefined): void
  /** A frame can't be kept, and perhaps can't be read again. */
  onOverflow(): void
}

/**
 * Strays: frames that do not continue the history, and are looked up in the log. A frame is kept until the answer
 * comes. If that takes long, or too many are kept, its messages are handed over at once, and again if the log has them.
 */
export class Strays {
  /** The strays without an answer, by position as text; undefined for a frame that was handed over. */
  readonly names: ReadonlyMap<string, LogFrame | undefined>
  readonly #frames = new Map<string, LogFrame | undefined>()
  readonly #intake: Intake
  readonly #limits: Load
  readonly #listener: StrayListener
  #load = noLoad
  /** The stray because of which the log is read. */
  #openGap: { readonly position: Position; readonly forks: number } | undefined

  constructor(intake: Intake, limits: Load, listener: StrayListener) {
    this.names = this.#frames
    this.#intake = intake
    this.#limits = limits
    this.#listener = listener
  }

  /** How many messages are kept; a frame without messages counts as one. */
  get messages(): number {
    return this.#load.messages
  }

  /** Whether the answer about the frame at this position still matters. */
  awaits(position: Position): boolean {
    return this.#frames.has(formatPosition(position))
  }

  /** A frame arrived that does not continue the history. */
  ask(frame: LogFrame): void {
    const { position } = frame
    if (this.awaits(position)) return
    const isKept = fits(withFrame(noLoad, frame, 1), this.#load, this.#limits)
    if (isKept) this.#load = withFrame(this.#load, frame, 1)
    this.#frames.set(formatPosition(position), isKept ? frame : undefined)
    if (!isKept) this.#handOver(frame, false)
    this.#intake.add({ type: 'look-up', position })
  }

  /** The log is asked; see `StrayLookups.ask`. */
  asked(position: Position, comes: 'soon' | 'later' | 'never'): readonly Effect[] {
    if (comes === 'soon') return noEffects
    return comes === 'later' ? this.delayed(position) : this.refused(position)
  }

  /** The answer has to wait. */
  delayed(position: Position): readonly Effect[] {
    const frame = this.#release(position)
    if (frame) this.#handOver(frame, false)
    return this.#intake.takeEffects()
  }

  /** No answer will come: too many wait. If the log has the frame, the heartbeat finds it. */
  refused(position: Position): readonly Effect[] {
    const effects = this.delayed(position)
    this.#frames.delete(formatPosition(position))
    return effects
  }

  /** The log has answered: it is read only if it has the frame, or may have it. */
  answered(position: Position, presence: StrayPresence): readonly Effect[] {
    const isAbsent = presence === 'gone' || presence === 'below'
    if (!this.awaits(position)) return []
    const frame = this.#release(position)
    this.#frames.delete(formatPosition(position))
    const { history } = this.#intake
    if (history.includes(position)) this.#intake.duplicate(frame?.messages.length ?? 0)
    else if (!isAbsent) {
      this.#openGap = { position, forks: history.forks }
      this.#listener.onGap(frame)
    } else if (frame) this.#handOver(frame, true)
    return this.#intake.takeEffects()
  }

  /** The log was read. */
  readingsEnded(): void {
    const { history } = this.#intake
    // After a fork, the frames before it may have been forged. If the reading found the stray, the gap was real.
    const isClosed = this.#openGap?.forks === history.forks && history.includes(this.#openGap.position)
    if (isClosed) this.#intake.add({ type: 'gap-closed' })
    this.#openGap = undefined
  }

  /** Removes all; returns the frames that are kept, in the order in which they arrived. */
  takeAll(): LogFrame[] {
    if (this.#frames.size === 0) return []
    const frames = [...this.#frames.values()].filter((frame) => frame !== undefined)
    this.#frames.clear()
    this.#load = noLoad
    return frames
  }

  #handOver(frame: LogFrame, isAbsent: boolean): void {
    if (!this.#intake.orphan(frame, isAbsent)) this.#listener.onOverflow()
  }

  /** From now on only the position is kept. */
  #release(position: Position): LogFrame | undefined {
    const key = formatPosition(position)
    const frame = this.#frames.get(key)
    if (frame === undefined) return undefined
    this.#load = withFrame(this.#load, frame, -1)
    this.#frames.set(key, undefined)
    return frame
  }
}

/** Whether the log has a frame that arrived; `unknown` if the log could not be asked. */
export type StrayPresence = Presence | 'unknown'

/** Asks about a frame, and takes the answer. */
export interface StrayAsker {
  /** Whether the answer still matters: the log may have been read meanwhile. */
  awaits(position: Position): boolean
  /** Called once for each accepted question that still matters. */
  answer(position: Position, presence: StrayPresence): void
}

export interface StrayLookupsContext {
  readonly channel: string
  readonly runtime: Runtime
  readonly log: Pick<Log, 'lookup'>
  onError(error: Error): void
}

/** Rounds that may follow each other at once; each comes back after `refillMs`. */
const burst = 5
const refillMs = 1_000
/** Frames that wait for their round. A position takes about 100 bytes. */
const maxQuestions = 10_000

interface Question {
  readonly position: Position
  readonly askers: Set<StrayAsker>
}

/**
 * Looks strays up in the log: once for all subscriptions of a subscriber, in batches, and in rounds at a bounded rate.
 * The first rounds leave at once, so that a gap is found as fast as the log answers. Somebody who may publish on the
 * channel can cause at most one round a second.
 */
export class StrayLookups {
  readonly #context: StrayLookupsContext
  readonly #outage: Outage
  #questions = new Map<string, Question>()
  /** Whether the next round may leave as soon as the current one has ended. */
  #granted = false
  #running = false
  #timer: Timer | undefined
  #tokens = burst
  #refilledAt: number
  /** Frames since the rounds last had to wait, and how many of them the log did not have. */
  #asked = 0
  #absent = 0

  constructor(context: StrayLookupsContext) {
    this.#context = context
    this.#refilledAt = context.runtime.monotonic()
    this.#outage = new Outage((error) => context.onError(error))
  }

  /**
   * Asks about a frame. `soon`: the answer takes one or two round trips; `later`: it waits for its round; `never`: too
   * many wait, so no answer follows.
   */
  ask(position: Position, asker: StrayAsker): 'soon' | 'later' | 'never' {
    const key = formatPosition(position)
    const question = this.#questions.get(key)
    if (question) question.askers.add(asker)
    else if (this.#questions.size >= maxQuestions) return 'never'
    else {
      this.#questions.set(key, { position, askers: new Set([asker]) })
      this.#asked += 1
    }
    this.#schedule()
    return this.#granted ? 'soon' : 'later'
  }

  /** A gap was real: if a link loses messages, subscriptions must not become slower. */
  refund(): void {
    this.#tokens = Math.min(burst, this.#tokens + 1)
    if (this.#timer === undefined) return
    this.#timer.cancel()
    this.#timer = undefined
    this.#schedule()
  }

  close(): void {
    this.#timer?.cancel()
    this.#questions.clear()
  }

  #schedule(): void {
    if (this.#granted || this.#timer !== undefined || this.#questions.size === 0) return
    const waitMs = this.#takeToken()
    if (waitMs > 0) {
      this.#report()
      this.#timer = this.#context.runtime.after(waitMs, () => {
        this.#timer = undefined
        this.#schedule()
      })
      return
    }
    this.#granted = true
    // In a turn of its own: every subscription asks about the same frame, and frames arrive together.
    if (!this.#running) atEndOfTurn(() => void this.#run())
  }

  /** Takes the right to one round, or returns how long to wait for it, in ms. */
  #takeToken(): number {
    const now = this.#context.runtime.monotonic()
    const refilled = Math.floor((now - this.#refilledAt) / refillMs)
    this.#tokens = Math.min(burst, this.#tokens + refilled)
    this.#refilledAt = this.#tokens === burst ? now : this.#refilledAt + refilled * refillMs
    if (this.#tokens === burst) this.#calm()
    if (this.#tokens === 0) return this.#refilledAt + refillMs - now
    this.#tokens -= 1
    return 0
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#granted) {
      this.#granted = false
      const questions = [...this.#questions.values()].filter(isAwaited)
      this.#questions = new Map()
      for (const batch of lookupBatches(questions)) await this.#lookUp(batch)
    }
    this.#running = false
  }

  async #lookUp(batch: readonly Question[]): Promise<void> {
    let found: readonly StrayPresence[]
    try {
      found = await this.#context.log.lookup(batch.map(({ position }) => position))
    } catch {
      // The link reports its own failures. Without the right to look up, the log is read instead.
      found = []
    }
    batch.forEach(({ position, askers }, index) => {
      const presence = found[index] ?? 'unknown'
      if (presence === 'gone' || presence === 'below') this.#absent += 1
      for (const asker of askers) if (asker.awaits(position)) asker.answer(position, presence)
    })
  }

  /** Frames out of place arrive faster than rounds may leave. */
  #report(): void {
    const { channel } = this.#context
    this.#outage.failed(
      new ConfigurationError(
        `Frames out of place keep arriving on the channel "${channel}": ${this.#asked} until now, of which ${this.#absent} are not in the log. They are handed over; gaps are found up to ${refillMs} ms later. Let only publishers publish on this channel, and give each environment a \`channel\` of its own`,
      ),
    )
  }

  #calm(): void {
    this.#outage.ended()
    this.#asked = this.#questions.size
    this.#absent = 0
  }
}

function isAwaited({ position, askers }: Question): boolean {
  for (const asker of askers) if (asker.awaits(position)) return true
  return false
}
