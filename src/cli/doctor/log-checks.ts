import type { RawEntry } from '../../log/admin/administration-replies.js'
import type { Retention } from '../../log/model/retention.js'
import { streamIdTime } from '../../message/stream-id.js'
import { decodeFrame } from '../../message/wire/decode-frame.js'
import { retentionRules } from '../../support/connection-options.js'
import { version } from '../../support/version.js'
import { formatCount, formatDuration, formatRetention } from '../format.js'
import { groupRetentions, type RetentionMember } from '../status-summary.js'
import { type Check, defineCheck, error, warning } from './check.js'
import { thresholds } from './facts.js'

const keyTypes = defineCheck({
  name: 'key-types',
  fine: 'the keys of the log are what they should be',
  needs: ['keyStates'],
  find({ keyStates }) {
    const wrong = keyStates.filter(({ type, expected }) => type !== 'none' && type !== expected)
    return wrong.map(({ key, type, expected }) =>
      error(
        `${key} holds a ${type}, and a log needs a ${expected} there`,
        'RENAME it, and find out who wrote it; or keep the log under another `channel`',
      ),
    )
  },
})

const foreignEntries = defineCheck({
  name: 'foreign-entries',
  fine: 'all of the newest entries are ours',
  needs: ['snapshot'],
  find({ snapshot: { newest } }, { keys }) {
    const foreign = newest.flatMap((entry) => {
      const why = writerOf(entry) === undefined ? whyForeign(entry) : undefined
      return why === undefined ? [] : [{ id: entry.id, why }]
    })
    const [first] = foreign
    if (first === undefined) return []
    const count = formatCount(foreign.length, 'entry', 'entries')
    return [
      error(
        `${count} of the newest ${newest.length} came from somebody else; ${first.id}: ${first.why}`,
        `Find out who writes to ${keys.stream}: only publishers may. Subscriptions resync behind each; \`publish\` appends by hand`,
      ),
    ]
  },
})

const newerEntries = defineCheck({
  name: 'newer-entries',
  fine: 'no entry needs a newer version to be read',
  needs: ['snapshot'],
  find({ snapshot: { newest } }) {
    const newer = newest.flatMap((entry) => {
      const writer = writerOf(entry)
      return writer === undefined ? [] : [{ id: entry.id, writer }]
    })
    const [first] = newer
    if (first === undefined) return []
    return [
      error(
        `${formatCount(newer.length, 'entry', 'entries')} of the newest ${newest.length} can't be read by version ${version}; version ${first.writer} wrote ${first.id}: subscribers of ${version} evict everything, again and again`,
        'Update the subscribers first, and then the publishers',
      ),
    ]
  },
})

/** The version that wrote an entry, if this version can't read it; undefined otherwise. */
function writerOf(entry: RawEntry): string | undefined {
  if (!isOurs(entry)) return undefined
  const { writer } = decodeFrame(entry.fields[5] ?? '')
  return writer === version ? undefined : writer
}

const otherDatabases = defineCheck({
  name: 'other-databases',
  fine: 'no other database of the server has a log of this channel',
  needs: ['otherDatabases'],
  find({ otherDatabases: others }, { keys: { channel } }) {
    return others.map((database) =>
      warning(
        `Database ${database} of this server has a log of the channel "${channel}" as well: Pub/Sub knows no databases, so each hears the other's frames`,
        'Give each environment a `channel` of its own; if nobody uses that log any more, delete its keys',
      ),
    )
  },
})

function isOurs({ fields }: RawEntry): boolean {
  return fields.length === 6 && fields[0] === 'a' && fields[2] === 'p' && fields[4] === 'm'
}

function whyForeign(entry: RawEntry): string | undefined {
  if (!isOurs(entry)) return `its fields are ${entry.fields.filter((_, index) => index % 2 === 0).join(', ')}`
  return decodeFrame(entry.fields[5] ?? '').rejected[0]?.message
}

const chain = defineCheck({
  name: 'chain',
  fine: 'the newest entries continue each other, up to the head',
  needs: ['snapshot'],
  find({ snapshot: { last, newest } }) {
    const head = newest.at(-1)
    // A foreign entry is told of by itself.
    if (newest.length > 0 && last !== undefined && head !== undefined && isOurs(head) && head.fields[1] !== last) {
      return [
        error(
          `The head names an entry that is not the last one, ${head.id}: subscriptions that replay resync`,
          'Find out who deletes entries (XDEL, XTRIM) or restores keys one by one; the next append mends it',
        ),
      ]
    }
    const breaks = newest.filter((entry, index) => {
      const before = newest[index - 1]
      return before !== undefined && isOurs(before) && isOurs(entry) && entry.fields[3] !== before.fields[1]
    })
    const [first] = breaks
    if (first === undefined) return []
    return [
      warning(
        `The chain is broken ${formatCount(breaks.length, 'time', 'times')}, first at ${first.id}: subscriptions that stand before it resync`,
        'Find out who deletes entries (XDEL): only `retention` may trim the log',
      ),
    ]
  },
})

const streamClock = defineCheck({
  name: 'stream-clock',
  fine: "the stream IDs are not ahead of the server's clock",
  needs: ['snapshot', 'clock'],
  find({ snapshot: { stream }, clock: { serverMs } }) {
    const aheadMs = streamIdTime(stream?.lastId ?? '0-0') - serverMs
    if (aheadMs <= thresholds.clockSkew) return []
    return [
      warning(
        `The last stream ID is ${formatDuration(aheadMs)} ahead of the server's clock: ages of entries come out wrong`,
        'Nothing, where a failover or a clock that was set back explains it: they are right again after that time. Else look for an XADD or XSETID by hand',
      ),
    ]
  },
})

const cover = defineCheck({
  name: 'cover',
  fine: 'the log covers an outage of the length that was asked for',
  needs: ['snapshot', 'subscriptions', 'publishers', 'logBytes'],
  find({ snapshot: { stream }, subscriptions, publishers, logBytes }, { coverMs }) {
    if (stream?.first === undefined || stream.last === undefined) return []
    const { first, last, length, added } = stream
    const spanMs = streamIdTime(last.position.streamId) - streamIdTime(first.position.streamId)
    // If entries were trimmed, the log is full and covers its span. Before Redis 7 the chain shows that.
    const isTrimmed = added === undefined ? first.prev !== '' : added > length
    const { maxEntries, maxBytes, maxAgeMs } = smallestRetention([...subscriptions, ...publishers])
    // Entries may have been too old, although there is room for more.
    const isFull = isTrimmed && maxAgeMs === Infinity
    const room = isFull ? 1 : Math.min(maxEntries / length, logBytes === 0 ? Infinity : maxBytes / logBytes)
    // Over a minute at least: what a burst at the very beginning would come to in the long run can't be known.
    const roomMs = isFull ? spanMs : room * Math.max(spanMs, 60_000)
    const coveredMs = Math.min(roomMs, maxAgeMs)
    if (coveredMs >= coverMs) return []
    const factor = (room * coverMs) / Math.max(roomMs, 1)
    return [
      warning(
        `At its present rate the log covers an outage of ${formatDuration(coveredMs)}; a subscriber that is away for longer resyncs`,
        `On publishers and subscribers, raise ${[
          ...(roomMs < coverMs ? [raise('maxEntries', length * factor), raise('maxBytes', logBytes * factor)] : []),
          ...(maxAgeMs < coverMs ? [raise('maxAgeMs', coverMs)] : []),
        ].join(' and ')}, or allow for less with --cover`,
      ),
    ]
  },
})

function raise(option: keyof Retention, least: number): string {
  return `\`retention.${option}\` to at least ${Math.ceil(least).toLocaleString('en-US')}`
}

/** The smallest wins: each append trims to the retention of its sender. */
function smallestRetention(members: readonly RetentionMember[]): Omit<Retention, 'maxAgeMs'> & { maxAgeMs: number } {
  const kept = members.map((each) => each.retention)
  return {
    maxEntries: least(kept.map((each) => each.maxEntries)) ?? retentionRules.maxEntries.default,
    maxBytes: least(kept.flatMap((each) => each.maxBytes ?? [])) ?? retentionRules.maxBytes.default,
    maxAgeMs: least(kept.flatMap((each) => each.maxAgeMs ?? [])) ?? Infinity,
  }
}

function least(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : Math.min(...numbers)
}

const retention = defineCheck({
  name: 'retention',
  fine: 'all services keep the same of the log',
  needs: ['subscriptions', 'publishers'],
  find({ subscriptions, publishers }) {
    const [usual, ...others] = groupRetentions([...subscriptions, ...publishers])
    if (usual === undefined) return []
    return others.map((each) =>
      warning(
        `${each.services.join(', ')}: \`retention\` is ${formatRetention(each)}; ${usual.services.join(', ')}: ${formatRetention(usual)}. Each append, and each marker, trims the log to the limits of its sender, so the smallest wins`,
        'Give all publishers and subscribers of the channel the same `retention`',
      ),
    )
  },
})

const deadLetters = defineCheck({
  name: 'dead-letters',
  fine: 'no dead letters wait',
  needs: ['deadLetters'],
  find({ deadLetters: count }) {
    if (count === 0) return []
    return [
      warning(
        `${formatCount(count, 'dead letter waits', 'dead letters wait')}: caches that may be stale`,
        'See `cache-invalidation dead list`; mend the handler, then `dead redrive --all`',
      ),
    ]
  },
})

/** About what is stored. */
export const logChecks: readonly Check[] = [
  keyTypes,
  foreignEntries,
  newerEntries,
  otherDatabases,
  chain,
  streamClock,
  cover,
  retention,
  deadLetters,
]
