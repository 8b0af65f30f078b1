import type { Administration } from '../log/administration.js'
import { factOf } from '../log/fact.js'
import type { LogCommands } from '../log/log.js'
import type { Runtime } from '../runtime.js'
import { sampleSize } from './sample-size.js'
import type { StatusFacts } from './status-summary.js'

/** What a status is read from. */
export interface StatusSource {
  readonly channel: string
  readonly administration: Administration
  readonly commands: LogCommands
  readonly runtime: Pick<Runtime, 'now'>
}

/** Of the entries that the rate of the log is taken from only the IDs are of use: few are read where they are big. */
const maxSampledBytes = 1024 * 1024

/**
 * Reads what there is to know of a log and its subscriptions.
 *
 * @throws RedisError where the link fails
 */
export async function readStatus({ channel, administration, commands, runtime }: StatusSource): Promise<StatusFacts> {
  const [bytes, brief] = await Promise.all([administration.streamBytes(), administration.snapshot(1)])
  const [snapshot, clock, announced] = await Promise.all([
    administration.snapshot(sampleSize(brief.value?.stream?.length ?? 0, bytes.value, maxSampledBytes)),
    administration.clock(),
    factOf(commands.listSubscribers()),
  ])
  const now = Math.floor(clock.value?.serverMs ?? runtime.now())
  return { channel, server: administration.address, now, snapshot, bytes, announced }
}
