import { AsyncLocalStorage } from 'node:async_hooks'
import { InvalidationPublisher, InvalidationSubscriber, type Logger } from '../../src/index.js'
import type { RedisSource } from '../../src/log/open-log.js'

/** What an application keeps for each request. */
interface Store {
  readonly request: string
}

const requests = new AsyncLocalStorage<Store>()

/** Runs in a request of its own; returns its result, and a reference that keeps the store of the request from nobody. */
export async function inRequest<T>(
  request: string,
  run: () => Promise<T>,
): Promise<{ result: T; store: WeakRef<Store> }> {
  const store: Store = { request }
  return { result: await requests.run(store, run), store: new WeakRef(store) }
}

/** A publisher and a subscription that were made in one request, and where each of their callbacks ran. */
export class SeenContexts {
  /** One text for each callback that ran in a request: the callback and the request. */
  readonly inside: string[] = []
  /** How often each callback ran. */
  readonly runs = new Map<string, number>()
  readonly logger: Logger = {
    debug: () => this.note('logger'),
    info: () => this.note('logger'),
    warn: () => this.note('logger'),
    error: () => this.note('logger'),
  }

  note(callback: string): void {
    this.runs.set(callback, (this.runs.get(callback) ?? 0) + 1)
    const store = requests.getStore()
    if (store) this.inside.push(`${callback} in ${store.request}`)
  }

  /** A publisher and a subscriber with a caught-up subscription, as a service has them that connects on first use. */
  async connect(redis: RedisSource, channel: string): Promise<Connected> {
    const { logger } = this
    const publisher = await InvalidationPublisher.connect(redis, 'seen-contexts', { channel, heartbeatMs: 50, logger })
    for (const name of ['error', 'connected', 'disconnected', 'queued', 'drained'] as const) {
      publisher.on(name, () => this.note(`publisher ${name}`))
    }
    const subscriber = await InvalidationSubscriber.connect(redis, { channel, heartbeatMs: 50, logger })
    for (const name of ['error', 'connected', 'disconnected'] as const) {
      subscriber.on(name, () => this.note(`subscriber ${name}`))
    }
    const subscription = subscriber.subscribe(() => this.note('handler'), {
      name: 'seen-contexts',
      commitIntervalMs: 0,
      cursor: () => ({
        durable: true,
        load: () => {
          this.note('load')
          return Promise.resolve(undefined)
        },
        save: () => {
          this.note('save')
          return Promise.resolve()
        },
      }),
    })
    for (const name of ['error', 'state', 'replay', 'resync'] as const) {
      subscription.on(name, () => this.note(`subscription ${name}`))
    }
    await subscription.caughtUp()
    return { publisher, subscriber, subscription }
  }
}

export interface Connected {
  readonly publisher: InvalidationPublisher
  readonly subscriber: InvalidationSubscriber
  readonly subscription: ReturnType<InvalidationSubscriber['subscribe']>
}
