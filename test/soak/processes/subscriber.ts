/** A subscriber as a process of its own, with one or more subscriptions that each keep a cache. */
import { InvalidationSubscriber } from '../../../src/index.js'
import { connection } from '../cast.js'
import { Follower } from './follower.js'
import { isSubscriberConfig, isSubscriberOrder, type SubscriberNews } from './protocol.js'
import { listen, memoryHighWaterMark, optionsFor, readConfig, sourceOf, tell } from './stdio.js'

const { access, name, subscriptions, rate, folder } = readConfig(isSubscriberConfig)

const news = (line: SubscriberNews): void => tell(line)
news({ type: 'ready' })

const subscriber = await InvalidationSubscriber.connect(sourceOf(access), {
  ...connection,
  ...optionsFor(access),
  service: name,
})
subscriber.on('error', (error) => news({ type: 'note', text: `error: ${error.message}` }))
subscriber.on('disconnected', (error) => news({ type: 'note', text: `disconnected: ${error.message}` }))

const followers = new Map(
  subscriptions.map((role) => [role.name, new Follower({ subscriber, role, rate, folder, news })]),
)

listen(isSubscriberOrder, (order) => {
  switch (order.type) {
    case 'loaded':
      followers.get(order.subscription)?.loaded(order.load, order.values)
      break
    case 'applied':
      for (const follower of followers.values()) follower.applied(order.ask)
      break
    case 'audit':
      void audit(order.ask, order.timeoutMs)
      break
  }
})

async function audit(ask: number, timeoutMs: number): Promise<void> {
  const all = [...followers]
  const late = await Promise.all(
    all.map(([each, follower]) => follower.caughtUp(timeoutMs).then((why) => why && `${each}: ${why}`)),
  )
  const inProcess = all.filter(([, { cache }]) => cache !== undefined)
  news({
    type: 'audited',
    ask,
    memory: memoryHighWaterMark(),
    caches: Object.fromEntries(inProcess.map(([each, { cache }]) => [each, cache?.values ?? {}])),
    behind: late.filter((why) => why !== undefined),
  })
}
