import { splitPosition } from '../message/position-text.js'
import type { AppendRate } from './append-rate.js'
import { formatBytes, formatCount, formatDuration, formatRetention, printable } from './format.js'
import type { Output } from './output.js'
import type { LogStatus, RetentionStatus, Status, SubscriberStatus } from './status-summary.js'
import { type Column, formatTable } from './table.js'

const columns: readonly Column[] = [
  { title: 'name' },
  { title: 'failing', align: 'right' },
  { title: 'dead letters', align: 'right' },
  { title: 'service' },
  { title: 'host:pid' },
  { title: 'state' },
  { title: 'position' },
  { title: 'behind', align: 'right' },
  { title: 'lag', align: 'right' },
  { title: 'last seen', align: 'right' },
  { title: 'resyncs', align: 'right' },
  { title: '' },
]

/** A status for people: the log, then its subscriptions. */
export function renderStatus(status: Status, output: Pick<Output, 'style'>): string {
  const { channel, server, log, subscribers, unregistered, unknown } = status
  const title = output.style('bold', printable(`${channel} on ${server}`))
  const facts = log === null ? [['log', 'not known']] : describeLog(log, subscribers !== null)
  return [
    title,
    ...facts.map(([name = '', value = '']) => `  ${name.padEnd(8)}${printable(value)}`),
    '',
    ...describeSubscribers(subscribers, output),
    ...describeUnregistered(unregistered),
    ...unknown.map((reason) => `${output.style('yellow', 'not known:')} ${printable(reason)}`),
  ].join('\n')
}

function describeLog(log: LogStatus, fleetKnown: boolean): string[][] {
  return [
    ['length', `${formatCount(log.length, 'entry', 'entries')}, ${describeRetention(log.retentions, fleetKnown)}`],
    ['oldest', log.oldestAgeMs === null ? 'none' : `${formatDuration(log.oldestAgeMs)} ago, ${log.oldest ?? ''}`],
    ['memory', log.bytes === null ? 'not known' : formatBytes(log.bytes)],
    ['rate', describeRate(log.rate)],
    ['head', log.head ?? 'none'],
  ]
}

function describeRetention([usual, ...others]: readonly RetentionStatus[], fleetKnown: boolean): string {
  if (usual === undefined) {
    return fleetKnown ? 'retention not known: nobody has announced it' : 'retention not known'
  }
  const kept = `kept: ${formatRetention(usual)}`
  if (others.length === 0) return kept
  const different = others.map((each) => `${each.services.join(', ')}: ${formatRetention(each)}`)
  return `${kept}; services that differ: ${different.join('; ')}`
}

function describeRate({ entriesPerSecond, entries, windowMs }: AppendRate): string {
  const rate = entriesPerSecond.toLocaleString('en-US', { maximumFractionDigits: entriesPerSecond < 10 ? 2 : 0 })
  return `${rate} entries/s: ${formatCount(entries, 'entry', 'entries')} in the last ${formatDuration(windowMs)}`
}

function describeSubscribers(subscribers: Status['subscribers'], output: Pick<Output, 'style'>): readonly string[] {
  if (subscribers === null) return ['subscriptions not known']
  if (subscribers.length === 0) return ['no subscription has announced itself']
  const silent = subscribers.filter((each) => each.silent).length
  const count = formatCount(subscribers.length, 'subscription', 'subscriptions')
  return [
    silent === 0 ? count : `${count}, ${silent} silent`,
    formatTable(columns, subscribers.map(describeRow), output),
  ]
}

/** The crate can't read packed frames, so somebody must check these listeners. */
function describeUnregistered(unregistered: number | null): readonly string[] {
  if (unregistered === null || unregistered === 0) return []
  const count = formatCount(unregistered, 'more connection listens', 'more connections listen')
  return [`${count} to the channel: a service on the Rust crate, \`announce: false\` or \`tail\``]
}

function describeRow(subscriber: SubscriberStatus): readonly string[] {
  const { name, service, host, pid, state, position, behind, lagMs, seenAgoMs } = subscriber
  const { retrying, deadLetters, resyncs } = subscriber
  return [
    name || '-',
    retrying.toLocaleString('en-US'),
    deadLetters.toLocaleString('en-US'),
    service || '-',
    `${host}:${pid}`,
    state,
    position === null ? '-' : splitPosition(position).streamId,
    behind.toLocaleString('en-US'),
    lagMs === 0 ? '0 ms' : formatDuration(lagMs),
    `${formatDuration(seenAgoMs)} ago`,
    String(resyncs),
    describeMarks(subscriber),
  ]
}

function describeMarks({ silent, nameTaken }: SubscriberStatus): string {
  return [silent ? 'silent' : [], nameTaken ? 'name seen twice' : []].flat().join(', ')
}
