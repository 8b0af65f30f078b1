import type { Invalidation, InvalidationPublisher } from '../../../src/index.js'
import { anyChange, rewritePosts } from './changes.js'
import type { Database } from './database.js'
import { type Random, seededRandom } from './random.js'
import { burstSize, emptyReport, type Order, type Report, type Service, type Tell } from './service.js'
import { SteadyLoad } from './steady-load.js'
import { tellError } from './tell-error.js'

const changesPerSecond = 200
const rowsPerCommit = 1_000

export interface UserServiceParts {
  readonly publisher: InvalidationPublisher
  readonly database: Database
  readonly seed: number
  readonly tell: Tell
}

/** Writes users, posts and feeds, and publishes after each commit what is to be evicted. */
export class UserService implements Service {
  readonly #publisher: InvalidationPublisher
  readonly #database: Database
  readonly #tell: Tell
  readonly #random: Random
  readonly #load: SteadyLoad
  readonly #reporting: NodeJS.Timeout
  /** Messages that stand in the log. Equal invalidations that wait together are sent as one, with one id. */
  readonly #published = new Set<string>()
  #revision = 0
  #failures = 0

  constructor({ publisher, database, seed, tell }: UserServiceParts) {
    this.#publisher = publisher
    this.#database = database
    this.#tell = tell
    this.#random = seededRandom(seed)
    this.#load = new SteadyLoad(changesPerSecond, () => this.#change())
    this.#reporting = setInterval(() => this.#report(), 100)
    const notice = (text: string): void => tell({ type: 'notice', text })
    publisher.on('queued', () => notice('Redis is away: what it publishes waits in its send queue'))
    publisher.on('drained', () => notice('all that waited in its send queue is published'))
    publisher.on('overflow', ({ collapsed }) => notice(`${collapsed} waiting invalidations became one that evicts all`))
    publisher.on('error', (error) => tellError(tell, error))
    this.#report()
  }

  async carryOut(order: Order): Promise<void> {
    switch (order) {
      case 'work':
        this.#load.start()
        return
      case 'rest':
        await this.#load.stop()
        return
      case 'burst':
        await this.#burst()
        return
      case 'settle':
        await this.#publisher.flush()
        this.#report()
        return
      case 'audit':
        return
      case 'close':
        clearInterval(this.#reporting)
        await this.#load.stop()
        await this.#publisher.close()
    }
  }

  async #change(): Promise<void> {
    await this.#publish(anyChange(this.#database, this.#random, ++this.#revision))
  }

  async #burst(): Promise<void> {
    const sent: Promise<void>[] = []
    for (let first = 0; first < burstSize; first += rowsPerCommit) {
      sent.push(this.#publish(rewritePosts(this.#database, first, rowsPerCommit, ++this.#revision)))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(sent)
  }

  async #publish(invalidations: readonly Invalidation[]): Promise<void> {
    await Promise.all(
      invalidations.map(async (invalidation) => {
        const { messageId } = await this.#publisher.publish(invalidation)
        this.#published.add(messageId)
      }),
    ).catch((error: unknown) => {
      this.#failures += 1
      tellError(this.#tell, error)
    })
  }

  #report(): void {
    const { status } = this.#publisher.health()
    const state = status === 'up' ? 'writing' : 'waiting'
    const report: Report = { ...emptyReport, state, published: this.#published.size, failures: this.#failures }
    this.#tell({ type: 'report', report })
  }
}
