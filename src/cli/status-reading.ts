import type { Administration } from '../log/administration.js'
import { factOf } from '../log/fact.js'
import type { LogCommands } from '../log/log.js'
import type { Runtime } from '../runtime.js'
import type { StatusFacts } from './status-summary.js'

/** What a status is read from. */
export interface StatusSource {
  readonly channel: string
  readonly administration: Administration
  readonly commands: LogCommands
  readonly runtime: Pick<Runtime, 'now'>
}

/** Of the entries that the rate of the log is taken from: how many are read, and how many bytes, at most. */
const maxSampled = 1_000
const maxSampledBytes = 1024 * 1024

/**
 * Reads what there is to know of a log and its subscriptions.
 *
 * @throws RedisError where the link fails
 */
export async function readStatus({ channel, administration, commands, runtime }: StatusSource): Promise<StatusFacts> {
  const [bytes, brief] = await Promise.all([administration.streamBytes(), administration.snapshot(1)])
  const [snapshot, clock, announced] = await Promise.all([
    administration.snapshot(sampleSize(brief.value?.stream?.length ?? 0, bytes.value)),
    administration.clock(),
    factOf(commands.listSubscribers()),
  ])
  const now = Math.floor(clock.value?.serverMs ?? runtime.now())
  return { channel, server: administration.address, now, snapshot, bytes, announced }
}

/** How many entries to read, of whom only the IDs are of use: few where they are big. */
function sampleSize(length: number, bytes: number | undefined): number {
  if (bytes === undefined || bytes === 0 || length === 0) return maxSampled / 10
  const fitting = Math.floor((maxSampledBytes * length) / bytes)
  return Math.min(maxSampled, Math.max(10, fitting))
}
