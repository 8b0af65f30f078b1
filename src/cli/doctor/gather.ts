import { factOf, refusal } from '../../log/admin/administration-replies.js'
import type { Administration } from '../../log/admin/administration.js'
import type { LogCommands } from '../../log/log.js'
import { RedisError, UnsupportedServerError } from '../../support/errors.js'
import { sampleSize } from '../append-rate.js'
import { readFleet, readPublishers } from '../fleet.js'
import { type ConnectionContext, withCommands } from '../log-connection.js'
import type { Facts } from './facts.js'

const settingNames = [
  'appendonly',
  'appendfsync',
  'save',
  'client-output-buffer-limit',
  'timeout',
  'tcp-keepalive',
  'min-replicas-to-write',
]

/** Of the newest entries, to look for what is odd. */
const maxReadBytes = 8 * 1024 * 1024

/**
 * Finds out all that the checks need.
 *
 * @param user whose rights are looked at; undefined for our own
 */
export async function gather(
  administration: Administration,
  context: ConnectionContext,
  user: string | undefined,
): Promise<Facts> {
  const fleet = await askAsSubscriber(context)
  const [info, settings, clock, keyStates, bytes, brief] = await Promise.all([
    administration.info(),
    administration.settings(settingNames),
    administration.clock(),
    administration.keyStates(),
    administration.streamBytes(),
    administration.snapshot(1),
  ])
  const clusterInfo =
    info.value?.get('cluster_enabled') === '1' ? administration.clusterInfo() : Promise.resolve({ value: new Map() })
  const length = brief.value?.stream?.length ?? 0
  const [snapshot, deadLetters, listeners, cursors, cluster, otherDatabases] = await Promise.all([
    administration.snapshot(sampleSize(length, bytes.value, maxReadBytes)),
    administration.deadLetterCount(),
    administration.listeners(),
    administration.cursors(),
    clusterInfo,
    administration.otherDatabases(),
  ])
  // Only when those who listen are counted: to try whether we may subscribe is to listen for a moment.
  const missingRights = await administration.missingRights(user)
  return {
    ...fleet,
    info,
    clusterInfo: cluster,
    settings,
    clock,
    keyStates,
    snapshot,
    logBytes: bytes,
    otherDatabases,
    deadLetters,
    listeners,
    cursors,
    missingRights,
    certificateLeftMs: { value: administration.certificateLeftMs },
  }
}

/**
 * Whether the server has what a log needs shows when somebody connects who needs it. A node of a cluster that can't
 * serve the log is looked at all the same.
 */
async function askAsSubscriber(
  context: ConnectionContext,
): Promise<Pick<Facts, 'lacking' | 'subscriptions' | 'publishers'>> {
  try {
    const ask = async (commands: Pick<LogCommands, 'listAnnounced'>) => ({
      lacking: { value: undefined },
      subscriptions: await factOf(commands.listAnnounced('subscriber').then(readFleet)),
      publishers: await factOf(commands.listAnnounced('publisher').then(readPublishers)),
    })
    return await withCommands(context, ask, ['append', 'read'])
  } catch (error) {
    if (error instanceof UnsupportedServerError) {
      const unknown = { reason: error.message }
      return { lacking: { value: error.message }, subscriptions: unknown, publishers: unknown }
    }
    if (!(error instanceof RedisError) || error.kind !== 'moved') throw error
    const unknown = refusal(error)
    return { lacking: unknown, subscriptions: unknown, publishers: unknown }
  }
}
