import { readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import {
  connectionNumbers,
  defaultChannel,
  type NumberOption,
  publisherNumbers,
  repairNumbers,
  retryNumbers,
  statsNumbers,
  subscriberNumbers,
  subscriptionNumbers,
  waitNumbers,
  waitReplicasNumbers,
} from '../../src/support/option-rules.js'
import { rowsUnder } from '../support/markdown.js'

let page: string

beforeAll(async () => {
  page = await readFile(new URL('../../docs/options.md', import.meta.url), 'utf8')
})

const { heartbeatMs, commandTimeoutMs, closeTimeoutMs, cap, ...publisherOnly } = publisherNumbers
const inherited = { heartbeatMs, commandTimeoutMs, closeTimeoutMs, cap }

test.each<[string, Record<string, NumberOption>]>([
  ['Connection', connectionNumbers],
  ['Publisher', publisherOnly],
  ['`repair`', repairNumbers],
  ['`waitReplicas`', waitReplicasNumbers],
  ['Subscriber', { replayConcurrency: subscriberNumbers.replayConcurrency }],
  ['Subscription', subscriptionNumbers],
  ['`retry`', retryNumbers],
  ['Waiting', waitNumbers],
  ['`StatsCollector`', statsNumbers],
])('the table "%s" gives every number its default, unit and range, and no other numbers', (title, options) => {
  const expected = Object.entries(options).map(([name, option]) => [
    `\`${name}\``,
    format(option.default),
    option.unit,
    `${format(option.min)} to ${format(option.max)}`,
  ])
  const numbers = rowsUnder(page, title).filter(([, , unit]) => unit !== '')
  expect(numbers.map((cells) => cells.slice(0, 4)).toSorted()).toEqual(expected.toSorted())
})

test('what a publisher takes beyond its own table are the options of a connection', () => {
  expect(inherited).toEqual(connectionNumbers)
})

test('the default channel is that of the code', () => {
  expect(rowsUnder(page, 'Connection')).toContainEqual(expect.arrayContaining(['`channel`', `\`${defaultChannel}\``]))
})

function format(value: number): string {
  return value.toLocaleString('en-US')
}
