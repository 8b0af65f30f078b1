import { Asks } from './ask.js'
import type { PublisherRole } from './cast.js'
import { isPublisherNews, type PublisherNews, type PublisherOrder } from './processes/protocol.js'
import type { Way } from './stages/stage.js'
import type { Surroundings } from './surroundings.js'
import { Worker } from './worker.js'

/** A publisher, in one process after another. */
export class PublisherProcess {
  readonly way: Promise<Way>
  readonly #role: PublisherRole
  readonly #surroundings: Surroundings
  readonly #settling = new Asks<number>()
  #worker: Worker<PublisherOrder, PublisherNews> | undefined
  #lives = 0

  constructor(role: PublisherRole, way: Promise<Way>, surroundings: Surroundings) {
    this.#role = role
    this.way = way
    this.#surroundings = surroundings
  }

  /** Resolves when it runs. */
  async start(): Promise<void> {
    const { name, options } = this.#role
    const { load, log, onDied } = this.#surroundings
    const { access } = await this.way
    const service = `${name}.${++this.#lives}`
    const ready = Promise.withResolvers<undefined>()
    const worker = new Worker<PublisherOrder, PublisherNews>({
      script: 'publisher.ts',
      config: { access, service, options },
      log: log.stream(name),
      isNews: isPublisherNews,
      onNews: (news) => {
        if (news.type === 'ready') ready.resolve(undefined)
        else this.#receive(news)
      },
      onDied: (how) => {
        const error = new Error(`The process of publisher ${name} ${how}`)
        ready.reject(error)
        onDied(error)
      },
    })
    this.#worker = worker
    await ready.promise
    load.started(name, { service, publish: (messages) => worker.tell({ type: 'publish', messages }) })
  }

  async kill(): Promise<void> {
    await this.#worker?.kill()
    this.#surroundings.load.died(this.#role.name)
  }

  /** Resolves when it has appended all, and has nothing left to repair. */
  async settle(): Promise<void> {
    const memory = await this.#settling.ask((ask) => this.#worker?.tell({ type: 'settle', ask }))
    this.#surroundings.vitals.usedMemory(`publisher ${this.#role.name}`, memory)
  }

  #receive(news: Exclude<PublisherNews, { type: 'ready' }>): void {
    const { name } = this.#role
    const { load, vitals, log } = this.#surroundings
    switch (news.type) {
      case 'acknowledged':
        load.acknowledged(news.messages, news.at)
        break
      case 'rejected':
        log.note(name, `${news.id} rejected: ${news.reason}`)
        load.rejected(news.id)
        break
      case 'repaired':
        log.note(name, `repaired: ${JSON.stringify(news.summary)}`)
        vitals.repairs(news.summary)
        break
      case 'settled':
        this.#settling.answer(news.ask, news.memory)
        break
      case 'note':
        log.note(name, news.text)
        break
    }
  }
}
