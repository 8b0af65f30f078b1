import { UnsupportedServerError } from '../../errors.js'
import type { Administration } from '../../log/administration.js'
import { factOf } from '../../log/fact.js'
import type { Announced } from '../../log/log.js'
import { decodeAnnouncement } from '../../subscribing/announcement.js'
import { withCommands, type ConnectionContext } from '../connection.js'
import type { Facts, SeenSubscription } from './facts.js'
import { thresholds } from './thresholds.js'

const settingNames = [
  ...['appendonly', 'appendfsync', 'save', 'client-output-buffer-limit', 'timeout', 'tcp-keepalive'],
  ...['min-replicas-to-write'],
]

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
  const [info, settings, clock, keyStates, snapshot] = await Promise.all([
    administration.info(),
    administration.settings(settingNames),
    administration.clock(),
    administration.keyStates(),
    administration.snapshot(thresholds.newestEntries),
  ])
  const [deadLetters, listeners, cursors, missingRights] = await Promise.all([
    administration.deadLetterCount(),
    administration.listeners(),
    administration.cursors(),
    administration.missingRights(user),
  ])
  return { ...fleet, info, settings, clock, keyStates, snapshot, deadLetters, listeners, cursors, missingRights }
}

/** Whether the server has what a log needs shows when somebody connects who needs it. */
async function askAsSubscriber(context: ConnectionContext): Promise<Pick<Facts, 'lacking' | 'subscriptions'>> {
  try {
    return await withCommands(context, async (commands) => ({
      lacking: { value: undefined },
      subscriptions: await factOf(commands.listSubscribers().then((all) => all.flatMap(readSubscription))),
    }))
  } catch (error) {
    if (!(error instanceof UnsupportedServerError)) throw error
    return { lacking: { value: error.message }, subscriptions: { reason: error.message } }
  }
}

function readSubscription({ record, ageMs }: Announced): readonly SeenSubscription[] {
  const announcement = decodeAnnouncement(record)
  return announcement === undefined ? [] : [{ ...announcement, ageMs }]
}
