import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { RedisServer } from '../../scripts/redis-server-process.js'
import { sharedNow } from '../clock.js'
import type { CaseWithRedis, Measurement, Reading, Size } from '../measurement.js'
import { frameFormNamed } from '../frame/forms.js'
import { MissedEntries } from '../missed-entries.js'
import type { Resources } from '../resources.js'
import { recoverySteps } from '../workers/recovery-steps.js'
import { Worker } from '../workers/worker.js'

const channel = 'bench:recovery'

const missed: Readonly<Record<Size, readonly number[]>> = {
  full: [1_000, 10_000, 100_000, 1_000_000],
  default: [1_000, 10_000, 100_000],
  smoke: [500],
}

const inFrames: Readonly<Record<Size, number>> = { full: 100_000, default: 100_000, smoke: 500 }

/** Entries that are read before anything is measured. */
const warmUp: Readonly<Record<Size, number>> = { full: 50_000, default: 20_000, smoke: 500 }

/** As many as fit in 64 KiB. */
const messagesInList = 346

/** Of frames, which are read fast. */
const warmUpReplays = 3

/** Time for every client that was cut off to ask for a new connection: ours waits at most 50 ms for that, ioredis 50 ms. */
const awayMs = 200

/**
 * Two ways to entries that were missed, each of one invalidation, or of as many as fit. `replay_ms`: connections are up, from the wish to
 * read to the last entry handled. `recover_ms`: connections were cut and the server is stopped, from the moment it goes on
 * to all handled and live; each client has asked for its new connection by then, so that the delays before it did do
 * not count.
 *
 * What was missed in frames is replayed only, beside bare reads of the same messages: in lists of whole messages, which
 * `JSON.parse` makes messages of; in our frames, which it makes none of; and with one message in an entry.
 *
 * The bare read goes through pages of 1,000, one after another, checks nothing and follows nothing.
 */
export const recovery: Measurement = {
  name: 'recovery',
  title: 'Recovery: until all that was missed is handled, and live',
  figures: [
    { name: 'replay_ms', title: 'replayed', unit: 'ms', better: 'lower' },
    { name: 'entries_per_s', title: 'rate of the replay', unit: 'entries/s', better: 'higher' },
    { name: 'recover_ms', title: 'link restored to live', unit: 'ms', better: 'lower' },
  ],
  cases: (size) => [
    ...missed[size].map((count): CaseWithRedis => ({
      name: `${count.toLocaleString('en-US')} missed`,
      parameters: { missed: count },
      redis: [],
      async open({ server, resources }) {
        const { url } = server
        const entries = resources.use(await MissedEntries.append(url, channel, count))
        const [library, bare] = await Promise.all([
          startLibrary(url, entries, resources),
          startBare(url, entries, resources),
        ])
        for (let read = 0; read < warmUp[size]; read += count) {
          await Promise.all([library, bare].map((worker) => worker.ask(recoverySteps.replay, count)))
        }
        const bed = { server, entries, count }
        return [
          { name: 'cache-invalidation', title: 'cache-invalidation', run: () => recover(library, bed) },
          { name: 'xrange', title: 'bare XRANGE and JSON.parse', run: () => recover(bare, bed) },
        ]
      },
    })),
    framesCase(inFrames[size]),
  ],
}

function framesCase(count: number): CaseWithRedis {
  return {
    name: `${count.toLocaleString('en-US')} missed, in frames`,
    parameters: { missed_in_frames: count },
    redis: [],
    async open({ server: { url }, resources }) {
      const [frames, alone] = await Promise.all([
        MissedEntries.append(url, `${channel}:frames`, count, true),
        MissedEntries.append(url, `${channel}:alone`, count),
      ])
      for (const entries of [frames, alone]) resources.use(entries)
      const lists = await appendLists(url, count)
      const variants = [
        {
          name: 'cache-invalidation',
          title: 'cache-invalidation',
          asked: count,
          worker: await startLibrary(url, frames, resources),
        },
        {
          name: 'xrange',
          title: 'bare XRANGE and JSON.parse, lists of whole messages',
          asked: lists.count,
          worker: await startBare(url, lists, resources),
        },
        {
          name: 'xrange-columns',
          title: 'the same of our frames, which makes no messages',
          asked: frames.count,
          worker: await startBare(url, frames, resources),
        },
        {
          name: 'xrange-alone',
          title: 'the same, one message in an entry',
          asked: alone.count,
          worker: await startBare(url, alone, resources),
        },
      ]
      return Promise.all(
        variants.map(async ({ name, title, worker, asked }) => {
          const replay = async (): Promise<number> => (await worker.ask(recoverySteps.replay, asked))[0] ?? NaN
          for (let warm = 0; warm < warmUpReplays; warm++) await replay()
          return { name, title, run: async () => ({ figures: { replay_ms: await replay() } }) }
        }),
      )
    },
  }
}

/** The same messages in frames that `JSON.parse` alone makes messages of. */
async function appendLists(url: string, count: number): Promise<Pick<MissedEntries, 'stream' | 'position' | 'count'>> {
  const { write } = frameFormNamed('list')
  const redis = new Redis(url)
  const stream = `{${channel}:lists}:stream`
  const append = (frame: string): Promise<string | null> => redis.xadd(stream, '*', 'a', 'a', 'p', 'p', 'm', frame)
  const first = await append(write(['first']))
  for (let from = 0; from < count; from += messagesInList) {
    await append(
      write(Array.from({ length: Math.min(messagesInList, count - from) }, (_, index) => String(from + index))),
    )
  }
  await redis.quit()
  return { stream, position: `${first ?? ''}@`, count: Math.ceil(count / messagesInList) }
}

async function startLibrary(url: string, { channel: heard, position }: MissedEntries, resources: Resources) {
  return resources.use(await Worker.start('recovery-library.ts', [url, heard, position]))
}

/** Reads entries behind the first, bare. */
async function startBare(
  url: string,
  { stream, position }: Pick<MissedEntries, 'stream' | 'position'>,
  resources: Resources,
) {
  const [id = ''] = position.split('@')
  return resources.use(await Worker.start('recovery-bare.ts', [url, stream, id]))
}

interface Bed {
  readonly server: RedisServer
  readonly entries: MissedEntries
  readonly count: number
}

async function recover(worker: Worker, { server, entries, count }: Bed): Promise<Reading> {
  await entries.show()
  const [replayMs = NaN] = await worker.ask(recoverySteps.replay, count)
  await entries.hide()
  await worker.ask(recoverySteps.stand, count)
  const recovered = worker.ask(recoverySteps.recover, count)
  await entries.showAndCutOff()
  server.pause()
  await delay(awayMs)
  const restoredAt = sharedNow()
  server.resume()
  const [recoveredAt = NaN] = await recovered
  return {
    figures: {
      replay_ms: replayMs,
      entries_per_s: (count / replayMs) * 1_000,
      recover_ms: recoveredAt - restoredAt,
    },
  }
}
