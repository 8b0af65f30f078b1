import type { PublisherEvents, SubscriberEvents, SubscriptionEvents } from '../../src/index.js'

/** Notes what a user of a publisher or a subscription sees, at the moment at which it is seen. */
export type Note = (what: string, detail?: unknown) => void

interface Emitter<Events extends Record<keyof Events, unknown[]>> {
  on<Name extends keyof Events & string>(name: Name, listener: (...args: Events[Name]) => void): unknown
}

export const publisherEvents = namesOf<PublisherEvents>({
  error: true,
  connected: true,
  disconnected: true,
  queued: true,
  drained: true,
  overflow: true,
  repaired: true,
})

export const subscriberEvents = namesOf<SubscriberEvents>({ error: true, connected: true, disconnected: true })

export const subscriptionEvents = namesOf<SubscriptionEvents>({
  error: true,
  state: true,
  replay: true,
  resync: true,
  foreignGap: true,
  deadLetter: true,
})

/** Notes every event of these names, with its arguments. */
export function noteEvents<Events extends Record<keyof Events, unknown[]>>(
  emitter: Emitter<Events>,
  names: readonly (keyof Events & string)[],
  note: Note,
): void {
  for (const name of names) emitter.on(name, (...args) => note(name, args))
}

/** The table names every event, or it does not compile. */
function namesOf<Events>(table: Record<keyof Events & string, true>): readonly (keyof Events & string)[] {
  const isName = (key: string): key is keyof Events & string => key in table
  return Object.keys(table).filter(isName)
}
