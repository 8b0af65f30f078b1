import { InvalidationError, type WaitOptions } from '../../src/index.js'
import { within } from './latch.js'
import { brief, graceMs, type NetworkStage, publishTimeoutMs } from './network-stage.js'
import { silentLogger } from './silent-logger.js'

const { commandTimeoutMs, closeTimeoutMs } = brief
const waitMs = 200
const waiting: WaitOptions = { timeoutMs: waitMs }
/** A position of nobody's. */
const never = '9999999999999-0@never'

/** Calls all that returns a promise, and fails where one is pending past its time limit or rejects with a stranger. */
export async function expectNothingHangs(stage: NetworkStage): Promise<void> {
  const { publisher, followers } = stage
  await Promise.all([
    settles(publisher.invalidate('user', 'asked'), publishTimeoutMs, 'publish'),
    ...followers.flatMap(({ subscription, subscriber }) => [
      settles(subscription.waitFor(never, waiting), waitMs, 'waitFor'),
      settles(subscription.caughtUp(waiting), waitMs, 'caughtUp'),
      settles(subscriber.deadLetters.list(), commandTimeoutMs, 'deadLetters.list'),
    ]),
    publisherComesAndGoes(stage),
    subscriberComesAndGoes(stage),
  ])
}

async function publisherComesAndGoes({ fleet, publisherFront }: NetworkStage): Promise<void> {
  const connecting = fleet.publisher(brief, publisherFront.url)
  const publisher = await within(connecting, commandTimeoutMs + graceMs, "a publisher's connect")
  await Promise.all([
    settles(publisher.invalidate('user', 'brief'), closeTimeoutMs, 'publish before close'),
    settles(publisher.flush(), closeTimeoutMs, 'flush before close'),
    settles(publisher.close(), closeTimeoutMs, "a publisher's close"),
  ])
}

async function subscriberComesAndGoes({ fleet, subscriberFront }: NetworkStage): Promise<void> {
  const connecting = fleet.subscriber({ ...brief, logger: silentLogger }, subscriberFront.url)
  const subscriber = await within(connecting, commandTimeoutMs + graceMs, "a subscriber's connect")
  const caughtUp = subscriber.subscribe(() => undefined).caughtUp(waiting)
  await settles(caughtUp, waitMs, 'caughtUp of a new subscription')
  await within(subscriber.close(), closeTimeoutMs + commandTimeoutMs + graceMs, "a subscriber's close")
}

async function settles(promise: Promise<unknown>, limitMs: number, what: string): Promise<void> {
  const settled = promise.then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof InvalidationError)) throw error
    },
  )
  await within(settled, limitMs + graceMs, what)
}
