import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { evictRules } from '../../src/evictors/evict.js'
import { cacheRules, memoryRules, policyRules } from '../../src/cache/options.js'
import { entityRules, loadRules, wrapRules } from '../../src/cache/policy.js'
import { failOverRules, memoryLogRules } from '../../src/log/memory/memory-log.js'
import { deleteMatchingRules } from '../../src/log/redis/delete-matching.js'
import { messageRules, tagRules } from '../../src/message/create-message.js'
import { publisherRules, publishRules, repairRules, waitReplicasRules } from '../../src/publisher/options.js'
import { listRules } from '../../src/subscriber/handling/dead-letters.js'
import { retryRules, subscriberRules, subscriptionRules } from '../../src/subscriber/options.js'
import { waitRules } from '../../src/subscriber/progress/waiters.js'
import { connectionRules, retentionRules } from '../../src/support/connection-options.js'
import type { NumberRule, OptionRule, OptionRules } from '../../src/support/option-rules.js'
import { statsRules } from '../../src/telemetry/stats-collector.js'
import { rowsUnder } from '../support/markdown.js'

/** A heading of the page, the rules it gives, and the interfaces whose docstrings give them. */
const owners: readonly (readonly [heading: string, rules: OptionRules, file: string, interfaces: string])[] = [
  ['Connection', connectionRules, 'support/connection-options.ts', 'ConnectionOptions'],
  ['`retention`', retentionRules, 'support/connection-options.ts', 'RetentionOptions'],
  ['Publisher', ownRules(publisherRules), 'publisher/options.ts', 'PublisherOptions'],
  ['`repair`', repairRules, 'publisher/options.ts', 'RepairOptions'],
  ['`waitReplicas`', waitReplicasRules, 'publisher/options.ts', 'WaitReplicasOptions'],
  ['Publishing', publishRules, 'publisher/options.ts', 'PublishOptions'],
  ['Subscriber', ownRules(subscriberRules), 'subscriber/options.ts', 'SubscriberOptions'],
  ['Subscription', subscriptionRules, 'subscriber/options.ts', 'SubscriptionOptions'],
  ['`retry`', retryRules, 'subscriber/options.ts', 'RetryOptions'],
  ['Waiting', waitRules, 'subscriber/progress/waiters.ts', 'WaitOptions'],
  ['Dead letters', listRules, 'subscriber/handling/dead-letters.ts', 'ListDeadLettersOptions'],
  ['Evicting', evictRules, 'evictors/evict.ts', 'EvictOptions'],
  ['Caches', ownRules(cacheRules, policyRules), 'cache/options.ts', 'CacheOwnOptions & CacheOptions'],
  ['`memory`', memoryRules, 'cache/options.ts', 'CacheMemoryOptions'],
  ['Values', policyRules, 'cache/options.ts', 'CachePolicyOptions'],
  ['Entities', ownRules(entityRules, policyRules), 'cache/entity.ts', 'EntityOptions'],
  ['`getOrLoad`', ownRules(loadRules, policyRules), 'cache/options.ts', 'LoadOptions'],
  ['`wrap`', ownRules(wrapRules, policyRules), 'cache/options.ts', 'WrapOptions'],
  ['Deleting keys', deleteMatchingRules, 'log/redis/delete-matching.ts', 'DeleteMatchingOptions'],
  ['Messages', messageRules, 'message/create-message.ts', 'MessageOptions'],
  ['Tags', tagRules, 'message/create-message.ts', 'TagOptions'],
  ['`StatsCollector`', statsRules, 'telemetry/stats-collector.ts', 'StatsOptions'],
  ['`MemoryLog`', memoryLogRules, 'log/memory/memory-log.ts', 'MemoryLogOptions'],
  ['`failOver`', failOverRules, 'log/memory/memory-log.ts', 'MemoryFailOver'],
]

const page = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8')

test.each(owners)('the table "%s" has the options that the code has, in its order', (heading, rules) => {
  const rows = rowsUnder(page, heading).map((cells) => cells.slice(0, 4).map(withoutMarks))
  expect(rows).toEqual(Object.entries(rules).map(([name, rule]) => [name, defaultOf(rule), rule.unit, rangeOf(rule)]))
})

test('every table of the page belongs to an owner of options', () => {
  const headings = page.split(/^#+ /m).map((section) => section.split('\n', 1).join())
  expect(headings.filter((heading) => rowsUnder(page, heading).length > 0)).toEqual(owners.map(([heading]) => heading))
})

test.each(owners)(
  'the docstrings of "%s" state the default and the unit of each rule',
  (_, rules, file, interfaces) => {
    const documented = Object.fromEntries(
      interfaces.split(' & ').flatMap((name) => Object.entries(docstrings(file, name))),
    )
    expect(Object.keys(documented)).toEqual(Object.keys(rules))
    for (const [option, rule] of Object.entries(rules)) {
      const docstring = documented[option] ?? ''
      const required = /\bRequired\.$/.test(docstring) ? 'required' : ''
      const stated = withoutMarks(/\bDefault:? ([^]*)/.exec(docstring)?.[1] ?? required)
      const found = defaultsAsStated(rule).some((text) => beginsWith(stated, text))
      expect(found, `${option}: ${defaultOf(rule)}, but stated is: ${stated}`).toBe(true)
      expect(`${option}: ${docstring}`.toLowerCase()).toMatch(new RegExp(`\\b${rule.unit}\\b`))
    }
  },
)

/** Without those that have a table of their own: of all connections, and of the values of a cache. */
function ownRules(rules: OptionRules, shared: OptionRules = {}): OptionRules {
  return Object.fromEntries(Object.entries(rules).filter(([name]) => !(name in connectionRules || name in shared)))
}

function isNumber(rule: OptionRule<unknown>): rule is NumberRule {
  return 'min' in rule
}

function defaultOf(rule: OptionRule<unknown>): string {
  return isNumber(rule) ? format(rule.default) : rule.defaultText
}

/** Docstrings may give bytes in MiB. */
function defaultsAsStated(rule: OptionRule<unknown>): readonly string[] {
  return isNumber(rule) ? [format(rule.default), `${rule.default / 1024 ** 2} MiB`] : [rule.defaultText]
}

function rangeOf(rule: OptionRule<unknown>): string {
  return isNumber(rule) ? `${format(rule.min)} to ${format(rule.max)}` : rule.expected
}

/** Whether a text begins with another, and not with a longer word or number. */
function beginsWith(whole: string, start: string): boolean {
  return whole.startsWith(start) && !/^(\w|,\d)/.test(whole.slice(start.length))
}

function withoutMarks(markdown: string): string {
  return markdown.replaceAll('`', '')
}

function format(value: number): string {
  return value.toLocaleString('en-US')
}

/** The docstrings of the properties of an interface, by name. */
function docstrings(file: string, interfaceName: string): Readonly<Record<string, string>> {
  const url = new URL(`../../src/${file}`, import.meta.url)
  const source = ts.createSourceFile(file, readFileSync(url, 'utf8'), ts.ScriptTarget.Latest, true)
  const declared = source.statements.filter(ts.isInterfaceDeclaration).find(({ name }) => name.text === interfaceName)
  const properties = declared?.members.map((member) => [
    member.name?.getText(),
    ts
      .getJSDocCommentsAndTags(member)
      .map((doc) => ts.getTextOfJSDocComment(doc.comment))
      .join(),
  ])
  return Object.fromEntries(properties ?? []) as Record<string, string>
}
