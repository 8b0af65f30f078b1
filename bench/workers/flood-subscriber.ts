/**
 * Subscribers that handle what is published: `flood-subscriber.ts <peer> <url> <channel> <subscribers>`, each with
 * connections and a cache of its own. Asked to begin a round, and then to finish it: see flood/questions.ts.
 */
import { sharedNow } from '../clock.js'
import { Ledger } from '../flood/ledger.js'
import { type Begin, type Begun, type Finish, type Handled, isBegin, isFinish } from '../flood/questions.js'
import { loadPeer } from '../peers.js'
import type { Subscriber } from '../peers/peer.js'
import { serveRequests } from './serve.js'

/** Longer than any of them takes to come back after it lost its connection, replay included. */
const quietMs = 3_000

const [name = '', url = '', channel = '', count = ''] = process.argv.slice(2)
const peer = await loadPeer(name)
const fleet = await openFleet(Number(count))
let held = 0
let cpuBefore = process.cpuUsage()

serveRequests(
  (asked): asked is Begin | Finish => isBegin(asked) || isFinish(asked),
  (asked) => (isBegin(asked) ? begin(asked) : finish(asked)),
)

async function openFleet(size: number) {
  const opened: { readonly ledger: Ledger; readonly subscriber: Subscriber }[] = []
  while (opened.length < size) {
    const ledger = new Ledger(() => performance.now())
    opened.push({ ledger, subscriber: await peer.openSubscriber(url, channel, (id) => ledger.handle(id)) })
  }
  return opened
}

/** Keys that the round before left are held already. */
async function begin({ first, count }: Begin): Promise<Begun> {
  const from = Math.max(first, held)
  held = Math.max(held, first + count)
  const ids = Array.from({ length: held - from }, (_, index) => String(from + index))
  for (const { subscriber, ledger } of fleet) {
    await subscriber.hold(ids)
    await expectHeld(subscriber, ids.slice(-1), true)
    ledger.begin(first, count)
  }
  cpuBefore = process.cpuUsage()
  return { held: ids.length }
}

async function finish({ published }: Finish): Promise<Handled> {
  const ledgers = fleet.map(({ ledger }) => ledger)
  await Promise.all(ledgers.map((ledger) => ledger.settled(published, quietMs)))
  const { user, system } = process.cpuUsage(cpuBefore)
  for (const { subscriber, ledger } of fleet) await expectHeld(subscriber, ledger.sample, false)
  return {
    handledByAll: Math.min(...ledgers.map(({ handled }) => handled)),
    lost: ledgers.reduce((lost, { handled }) => lost + published - handled, 0),
    lastHandledAt: Math.max(...ledgers.map(({ lastAt }) => lastAt)) + sharedNow() - performance.now(),
    cpuUs: user + system,
  }
}

/** What was only said to be evicted would be measured for something that it does not do. */
async function expectHeld(subscriber: Subscriber, ids: readonly string[], expected: boolean): Promise<void> {
  for (const id of ids) {
    if ((await subscriber.holds(id)) === expected) continue
    throw new Error(`Expected the cache of ${name} ${expected ? 'to hold' : 'to have lost'} the key of ${id}`)
  }
}
