import type { Board } from './board.js'
import { type Order, type ServiceName, serviceNames } from './services/service.js'
import type { RunningService, Stage } from './stage/stage.js'

/** The services that run; what they report goes on the board. */
export class Cast {
  readonly #stage: Stage
  readonly #board: Board
  readonly #say: (line: string) => void
  readonly #running = new Map<ServiceName, RunningService>()

  constructor(stage: Stage, board: Board, say: (line: string) => void) {
    this.#stage = stage
    this.#board = board
    this.#say = say
  }

  /** Starts a service; resolves when it is ready to work. */
  async start(name: ServiceName): Promise<void> {
    const running = await this.#stage.start(name, (news) => {
      if (news.type === 'report') this.#board.tallies[name].take(news.report)
      else this.#say(`${name}: ${news.text}`)
    })
    this.#running.set(name, running)
    const { absence } = this.#board
    if (absence?.service === name) this.#board.absence = { ...absence, untilMs: Date.now() }
  }

  async kill(name: ServiceName): Promise<void> {
    await this.#service(name).kill()
    this.#running.delete(name)
    this.#board.tallies[name].died()
    this.#board.absence = { service: name, fromMs: Date.now(), untilMs: Infinity }
  }

  order(name: ServiceName, order: Order): Promise<void> {
    return this.#service(name).carryOut(order)
  }

  async orderAll(order: Order): Promise<void> {
    await Promise.all(serviceNames.map((name) => this.order(name, order)))
  }

  /** Resolves when all that was published so far has been handled everywhere. */
  async settle(): Promise<void> {
    await this.order('user-service', 'settle')
    await this.orderAll('settle')
  }

  #service(name: ServiceName): RunningService {
    const service = this.#running.get(name)
    if (!service) throw new Error(`${name} does not run`)
    return service
  }
}
