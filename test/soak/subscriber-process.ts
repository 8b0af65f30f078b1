import { Asks } from './ask.js'
import type { SubscriberRole } from './cast.js'
import { isSubscriberNews, type SubscriberNews, type SubscriberOrder } from './processes/protocol.js'
import type { Way } from './stages/stage.js'
import type { Surroundings } from './surroundings.js'
import { Worker } from './worker.js'

export type Audited = Extract<SubscriberNews, { type: 'audited' }>

/** A subscriber, in one process after another. */
export class SubscriberProcess {
  readonly way: Promise<Way>
  readonly #role: SubscriberRole
  readonly #surroundings: Surroundings
  readonly #auditing = new Asks<Audited>()
  #worker: Worker<SubscriberOrder, SubscriberNews> | undefined

  constructor(role: SubscriberRole, way: Promise<Way>, surroundings: Surroundings) {
    this.#role = role
    this.way = way
    this.#surroundings = surroundings
  }

  /** Resolves when it runs. */
  async start(): Promise<void> {
    const { name, subscriptions } = this.#role
    const { log, rate, onDied } = this.#surroundings
    const { access } = await this.way
    const ready = Promise.withResolvers<undefined>()
    this.#worker = new Worker<SubscriberOrder, SubscriberNews>({
      script: 'subscriber.ts',
      config: { access, name, subscriptions, rate, folder: log.folder },
      log: log.stream(name),
      isNews: isSubscriberNews,
      onNews: (news) => {
        if (news.type === 'ready') ready.resolve(undefined)
        else this.#receive(news)
      },
      onDied: (how) => {
        const error = new Error(`The process of subscriber ${name} ${how}`)
        ready.reject(error)
        onDied(error)
      },
    })
    await ready.promise
  }

  /** A cache in its memory dies with it. */
  async kill(): Promise<void> {
    await this.#worker?.kill()
    for (const { name, cursor } of this.#role.subscriptions) {
      if (cursor === 'memory') this.#surroundings.ledger.lost(name)
      this.#surroundings.clock.interrupted(name)
    }
  }

  audit(timeoutMs: number): Promise<Audited> {
    return this.#auditing.ask((ask) => this.#worker?.tell({ type: 'audit', ask, timeoutMs }))
  }

  #receive(news: Exclude<SubscriberNews, { type: 'ready' }>): void {
    const { name } = this.#role
    const { ledger, truth, clock, vitals, log } = this.#surroundings
    switch (news.type) {
      case 'began':
        this.#began(news.subscription, news.at)
        break
      case 'handled':
        for (const item of news.items) ledger.handled(news.subscription, item)
        for (const item of news.items) if (item.kind !== 'message') log.note(news.subscription, JSON.stringify(item))
        break
      case 'apply':
        truth.evict(news.subscription, news.invalidation)
        ledger.handled(news.subscription, news.item)
        if (news.item.kind !== 'message') log.note(news.subscription, JSON.stringify(news.item))
        this.#worker?.tell({ type: 'applied', ask: news.ask })
        break
      case 'load':
        this.#worker?.tell({ ...news, type: 'loaded', values: truth.read(news.keys) })
        break
      case 'state':
        log.note(news.subscription, news.state)
        if (news.state !== 'live') clock.interrupted(news.subscription)
        break
      case 'verified':
        clock.verified(news.subscription, news.at, Date.now())
        break
      case 'audited':
        vitals.usedMemory(`subscriber ${name}`, news.memory)
        this.#auditing.answer(news.ask, news)
        break
      case 'note':
        log.note(name, news.text)
        break
    }
  }

  #began(subscription: string, at: number): void {
    const { ledger, truth, log } = this.#surroundings
    const outlives = this.#role.subscriptions.some(({ name, cursor }) => name === subscription && cursor !== 'memory')
    if (outlives) truth.openCache(subscription)
    ledger.began(subscription, at)
    log.note(subscription, 'began')
  }
}
