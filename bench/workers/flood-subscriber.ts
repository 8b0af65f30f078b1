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
const ledgers = Array.from({ length: Number(count) }, () => new Ledger(() => performance.now()))
const subscribers: Subscriber[] = []
for (const ledger of ledgers) subscribers.push(await peer.openSubscriber(url, channel, (id) => ledger.handle(id)))
let held = 0
let cpuBefore = process.cpuUsage()

serveRequests(
  (asked): asked is Begin | Finish => isBegin(asked) || isFinish(asked),
  (asked) => (isBegin(asked) ? begin(asked) : finish(asked)),
)

/** Keys that the round before left are held already. */
async function begin({ first, count }: Begin): Promise<Begun> {
  const from = Math.max(first, held)
  held = Math.max(held, first + count)
  const ids = Array.from({ length: held - from }, (_, index) => String(from + index))
  for (const subscriber of subscribers) await subscriber.hold(ids)
  for (const ledger of ledgers) ledger.begin(first, count)
  cpuBefore = process.cpuUsage()
  return { held: ids.length }
}

async function finish({ published }: Finish): Promise<Handled> {
  await Promise.all(ledgers.map((ledger) => ledger.settled(published, quietMs)))
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    handledByAll: Math.min(...ledgers.map(({ handled }) => handled)),
    lost: ledgers.reduce((lost, { handled }) => lost + published - handled, 0),
    lastHandledAt: Math.max(...ledgers.map(({ lastAt }) => lastAt)) + sharedNow() - performance.now(),
    cpuUs: user + system,
  }
}
