/**
 * A subscription that missed entries: `recovery-library.ts <url> <channel> <position>`, where the position is that of
 * the log's first entry. Takes the steps of recovery-steps.ts.
 */
import { InvalidationSubscriber, type Subscription } from '../../src/index.js'
import { sharedNow } from '../clock.js'
import { recoverySteps } from './recovery-steps.js'
import { serve } from './serve.js'

interface Running {
  readonly subscription: Subscription
  /** When the last was handled. */
  readonly allHandled: Promise<number>
  readonly close: () => Promise<void>
}

const [url = '', channel = '', startAt = ''] = process.argv.slice(2)
let standing: Running | undefined

serve(async (step, count = 0) => {
  switch (step) {
    case recoverySteps.replay: {
      const subscriber = await InvalidationSubscriber.connect(url, { channel })
      const startedAt = sharedNow()
      const { allHandled, close } = subscribe(subscriber, count)
      const handledAt = await allHandled
      await close()
      return [handledAt - startedAt]
    }
    case recoverySteps.stand:
      standing = subscribe(await InvalidationSubscriber.connect(url, { channel }), count)
      await whenLive(standing.subscription)
      return []
    case recoverySteps.recover: {
      if (standing === undefined) throw new Error('Expected to have been asked to stand before')
      const { subscription, allHandled, close } = standing
      await allHandled
      // Nothing is handled before the link is back, so this is not the state of before it was lost.
      await whenLive(subscription)
      const recoveredAt = sharedNow()
      await close()
      return [recoveredAt]
    }
    default:
      throw new RangeError(`Expected a step of a recovery, got ${step}`)
  }
})

function subscribe(subscriber: InvalidationSubscriber, count: number): Running {
  const { promise: allHandled, resolve, reject } = Promise.withResolvers<number>()
  let handled = 0
  const handle = (): void => {
    if (++handled === count) resolve(sharedNow())
  }
  const subscription = subscriber.subscribe(handle, { startAt })
  subscription.on('resync', ({ reason }) => {
    reject(new Error(`Expected a replay, got a resync: ${reason}`))
  })
  return { subscription, allHandled, close: () => subscriber.close() }
}

function whenLive(subscription: Subscription): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (subscription.state !== 'live') return
      subscription.off('state', look)
      resolve()
    }
    subscription.on('state', look)
    look()
  })
}
