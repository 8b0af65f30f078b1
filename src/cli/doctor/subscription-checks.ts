import type { RawEntry } from '../../log/admin/administration-replies.js'
import { parsePosition } from '../../log/model/position.js'
import { compareStreamIds, streamIdTime } from '../../message/stream-id.js'
import { type FleetMember, unregisteredListeners } from '../fleet.js'
import { formatCount, formatDuration } from '../format.js'
import { type Check, defineCheck, error, warning } from './check.js'

const listeners = defineCheck({
  name: 'listeners',
  fine: 'somebody listens to the channel',
  needs: ['listeners'],
  find({ listeners: count }, { keys }) {
    if (count > 0) return []
    return [
      warning(`Nobody listens to the channel ${keys.channel}`, 'Start a subscriber, or name another with --channel'),
    ]
  },
})

const packing = defineCheck({
  name: 'packing',
  fine: 'every listener is a registered subscription, or no publisher packs',
  needs: ['listeners', 'subscriptions', 'publishers', 'snapshot'],
  find({ listeners: count, subscriptions, publishers, snapshot: { newest } }) {
    const unregistered = unregisteredListeners(count, subscriptions)
    const packers = [...new Set(publishers.filter((each) => each.packing).map(({ service }) => service))]
    const packed = newest.filter(isPacked).length
    if (unregistered === 0 || (packers.length === 0 && packed === 0)) return []
    const who = `${unregistered} of the ${formatCount(count, 'connection', 'connections')} that listen to the channel`
    const named = packers.length === 0 ? 'some publishers' : packers.toSorted().join(', ')
    return [
      warning(
        `${who} belong to no registered subscription, and ${named} pack several messages into one entry under load (${packed} of the newest ${newest.length} entries): if a listener is a service on the Rust crate, it misses all of these`,
        'Set `packing: false` on every publisher while such a service listens. Other unregistered listeners are subscribers with `announce: false`, subscribers of another database of this server, and `tail`',
      ),
    ]
  },
})

/** Whether an entry holds several messages, or one in the form of several: only subscribers of this library read it. */
function isPacked({ fields }: RawEntry): boolean {
  return fields[5]?.startsWith('{"frame":[{') ?? false
}

const silent = defineCheck({
  name: 'silent',
  fine: 'every subscription that made itself known has been heard of lately',
  needs: ['subscriptions'],
  find({ subscriptions }) {
    return subscriptions
      .filter((each) => each.silent)
      .map((each) =>
        warning(
          `${nameOf(each)} was last heard of ${formatDuration(each.ageMs)} ago`,
          'See whether its process still runs and reaches Redis: it did not close its subscription',
        ),
      )
  },
})

const failing = defineCheck({
  name: 'failing',
  fine: 'no handler fails',
  needs: ['subscriptions'],
  find({ subscriptions }) {
    return subscriptions
      .filter((each) => each.retrying > 0 && !each.silent)
      .map((each) =>
        warning(
          `${nameOf(each)} has a handler that fails on ${formatCount(each.retrying, 'message', 'messages')}`,
          'They are tried again: look at its `error` events, and bring back the store that it evicts from',
        ),
      )
  },
})

const stuck = defineCheck({
  name: 'stuck',
  fine: 'no subscription is behind',
  needs: ['subscriptions', 'snapshot', 'clock'],
  find({ subscriptions, snapshot: { stream }, clock: { serverMs } }, { lagMs }) {
    return subscriptions
      .filter((each) => !each.silent)
      .map((each) => ({
        each,
        behindMs: Math.max(each.lagMs, waitedMs(each, stream?.last?.position.streamId, serverMs)),
      }))
      .filter(({ behindMs }) => behindMs > lagMs)
      .map(({ each, behindMs }) =>
        error(
          `${nameOf(each)} is behind by ${formatDuration(behindMs)} and ${formatCount(each.behind, 'message', 'messages')} (${each.state})`,
          'Its cache is stale. See what its handler waits for, set `handlerTimeoutMs`, raise `concurrency`; or allow for more with --lag',
        ),
      )
  },
})

/** How long the newest entry had stood when a subscription that had not come so far last told of itself. */
function waitedMs({ position, ageMs }: FleetMember, newest: string | undefined, serverMs: number): number {
  const streamId = streamIdOf(position)
  if (streamId === undefined || newest === undefined || compareStreamIds(streamId, newest) >= 0) return 0
  return serverMs - ageMs - streamIdTime(newest)
}

const notLive = defineCheck({
  name: 'not-live',
  fine: 'every subscription is live',
  needs: ['subscriptions'],
  find({ subscriptions }) {
    return subscriptions
      .filter((each) => each.state !== 'live' && !each.silent)
      .map((each) =>
        warning(
          `${nameOf(each)} is ${each.state}`,
          'Ask again in a moment; where that lasts, look at its `error` and `state` events',
        ),
      )
  },
})

const twice = defineCheck({
  name: 'twice',
  fine: 'no name is used twice at once',
  needs: ['subscriptions'],
  find({ subscriptions }) {
    const taken = subscriptions.filter((each) => each.nameTaken)
    return [...Map.groupBy(taken, ({ name }) => name)].map(([name, each]) =>
      warning(
        `${JSON.stringify(name)} is the name of ${each.length} subscriptions: ${each.map(placeOf).join(', ')}`,
        'Give each copy of a cache a name of its own; only those that share one cache may share a name',
      ),
    )
  },
})

const cursors = defineCheck({
  name: 'cursors',
  fine: 'every durable cursor is in use',
  needs: ['cursors', 'subscriptions', 'snapshot'],
  find({ cursors: saved, subscriptions, snapshot: { stream } }, { keys }) {
    const first = stream?.first?.position.streamId
    return [...saved]
      .filter(([name]) => !subscriptions.some((each) => each.name === name))
      .map(([name, position]) => {
        const streamId = streamIdOf(position)
        const isTrimmed = streamId !== undefined && first !== undefined && compareStreamIds(streamId, first) < 0
        const outlook = isTrimmed ? 'its place in the log is gone, so it will resync' : 'it will replay from its place'
        return warning(
          `The cursor of ${JSON.stringify(name)} is used by no subscription that made itself known; ${outlook}`,
          `Start its service again; or, where there is none any more: HDEL ${keys.cursors} ${JSON.stringify(name)}`,
        )
      })
  },
})

function streamIdOf(position: string | undefined): string | undefined {
  try {
    return position === undefined ? undefined : parsePosition(position).streamId
  } catch {
    // Not written by us, or by a later version.
    return undefined
  }
}

function nameOf(subscription: FleetMember): string {
  const { name, service } = subscription
  const title = [service, name].filter((each) => each !== '').join('/')
  return `The subscription ${title === '' ? '' : `${title} `}of ${placeOf(subscription)}`
}

function placeOf({ host, pid }: FleetMember): string {
  return `${host}:${pid}`
}

/** About who reads the log. */
export const subscriptionChecks: readonly Check[] = [
  listeners,
  packing,
  silent,
  failing,
  stuck,
  notLive,
  twice,
  cursors,
]
