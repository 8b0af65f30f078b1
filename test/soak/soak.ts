import { seededRandom } from '../../examples/demo/services/random.js'
import { Auditor } from './auditor.js'
import { publishers, subscribers } from './cast.js'
import { Ledger } from './checker/ledger.js'
import { inflictWave } from './faults/inflict-wave.js'
import { planWaves } from './faults/schedule.js'
import { Fleet } from './fleet.js'
import { Load } from './load.js'
import type { SoakOptions } from './options.js'
import { RecoveryClock } from './recovery-clock.js'
import type { RunLog } from './run-log.js'
import { Score } from './score.js'
import { openStage } from './stages/open-stage.js'
import type { Stage } from './stages/stage.js'
import { Stranger } from './stranger.js'
import type { Surroundings } from './surroundings.js'
import { Truth } from './truth.js'
import { Vitals } from './vitals.js'

/** A run of publishes, faults and audits. */
export class Soak {
  readonly startedAt = new Date()
  readonly score = new Score()
  readonly ledger: Ledger
  readonly clock: RecoveryClock
  readonly vitals = new Vitals()
  readonly stage: Stage
  readonly #options: SoakOptions
  readonly #load: Load
  readonly #fleet: Fleet
  readonly #auditor: Auditor
  readonly #log: RunLog
  readonly #closing = new AbortController()
  readonly #died = Promise.withResolvers<never>()
  #stranger: Stranger | undefined
  #phase = 'starting'
  #begunAt: number | undefined

  static async open(options: SoakOptions, log: RunLog): Promise<Soak> {
    return new Soak(options, log, await openStage(options))
  }

  private constructor(options: SoakOptions, log: RunLog, stage: Stage) {
    const { seed, rate } = options
    this.#options = options
    this.#log = log
    this.stage = stage
    const subscriptions = subscribers.flatMap((each) => each.subscriptions.map(({ name }) => name))
    this.ledger = new Ledger(subscriptions)
    this.clock = new RecoveryClock(subscriptions)
    const truth = new Truth()
    this.#load = new Load({ truth, ledger: this.ledger, random: seededRandom(seed), rate })
    const surroundings: Surroundings = {
      ledger: this.ledger,
      load: this.#load,
      truth,
      clock: this.clock,
      vitals: this.vitals,
      log,
      rate,
      onDied: (error) => this.#died.reject(error),
    }
    // Who waits for something else at that moment is not told twice.
    this.#died.promise.catch(() => undefined)
    this.#fleet = new Fleet(publishers(rate), subscribers, () => stage.openWay(), surroundings)
    this.#auditor = new Auditor(surroundings, this.#fleet, this.score)
  }

  /** For how long it has published and audited. */
  get seconds(): number {
    return this.#begunAt === undefined ? 0 : Math.round((performance.now() - this.#begunAt) / 1_000)
  }

  /** What it is doing, for people. */
  get phase(): string {
    return this.#phase
  }

  /** Runs its time, or until the signal aborts; ends with an audit either way. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#run(signal), this.#died.promise])
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { seed, seconds } = this.#options
    // A seed of its own: how much is published must not change which faults come.
    const waves = planWaves(seededRandom(seed ^ 0x5eed), {
      servers: this.stage.faults,
      publishers: this.#fleet.publishers,
      subscribers: this.#fleet.subscribers,
    })
    await this.#fleet.startAll()
    if (this.#options.stranger) {
      const { access } = await this.stage.openWay()
      this.#stranger = new Stranger(access, seededRandom(seed ^ 0xbad))
    }
    await this.#auditor.audit()
    this.#begunAt = performance.now()
    const ending = AbortSignal.any([signal, this.#closing.signal, AbortSignal.timeout(seconds * 1_000)])
    while (!ending.aborted) {
      this.#phase = 'publishing'
      this.#load.go()
      await inflictWave(waves.next().value, {
        fallSilent: () => {
          this.#load.pause()
          this.#log.note('load', 'falls silent')
        },
        stage: this.stage,
        fleet: this.#fleet,
        clock: this.clock,
        signal: ending,
        onInflicted: (fault) => {
          this.score.inflicted(fault)
          this.#log.note('fault', `${fault.name} (${fault.victim})`)
        },
        onSkipped: (name, why) => this.#log.note('fault', `${name} could not be inflicted: ${String(why)}`),
      })
      this.#phase = 'audit: caches against the truth'
      await this.#auditor.audit()
      for (const [name, { pid }] of this.stage.servers) await this.vitals.readMemory(name, pid)
    }
    this.vitals.usedMemory('soak', process.resourceUsage().maxRSS * 1_024)
  }

  /** Ends every process. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#load.pause()
    this.#log.note('stranger', `published ${this.#stranger?.frames ?? 0} frames`)
    await this.#stranger?.stop()
    await this.#fleet.stop()
    await this.stage.stop()
  }
}
