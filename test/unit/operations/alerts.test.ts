import { describe, expect, test } from 'vitest'
import { durationBoundaries } from '../../../src/telemetry/instruments.js'
import { entriesAt, listAt, readText, readYaml, textAt, valueAt } from './parsed-file.js'
import { alerts } from './queries.js'

const page = readText('docs/operations.md')
const runbooks = new Map(
  page
    .split(/^(?=#{1,3} )/m)
    .filter((section) => section.startsWith('### '))
    .map((section) => [section.slice(4, section.indexOf('\n')), section]),
)

describe.each(alerts.map((alert) => [textAt(alert, 'alert'), alert] as const))('%s', (name, alert) => {
  test('has a severity, a summary and a description', () => {
    expect(['critical', 'warning']).toContain(textAt(alert, 'labels', 'severity'))
    for (const annotation of ['summary', 'description']) expect(textAt(alert, 'annotations', annotation)).not.toBe('')
  })

  test('names the anchor of its runbook, which says what it means, where to look, why it may be, and what to do', () => {
    expect(textAt(alert, 'annotations', 'runbook_url')).toBe(`docs/operations.md#${name.toLowerCase()}`)
    const runbook = runbooks.get(name) ?? ''
    for (const part of ['Means', 'First look', 'Likely causes', 'What to do']) expect(runbook).toContain(`**${part}:**`)
    expect(runbook).toMatch(/`npx cache-invalidation (status|doctor|dead list|tail)/)
  })

  test('only names labels in its texts that its expression keeps', () => {
    const kept = new Set(/by \(([\w, ]+)\)/.exec(textAt(alert, 'expr'))?.[1]?.split(', '))
    const named = entriesAt(alert, 'annotations').flatMap(([, text]) =>
      Array.from(String(text).matchAll(/\$labels\.(\w+)/g), ([, label = '']) => label),
    )
    expect(named).not.toEqual([])
    expect(named.filter((label) => !kept.has(label))).toEqual([])
  })

  test('is tested both ways: fires, and does not', () => {
    const cases = listAt(readYaml('deploy/prometheus/rules.test.yml'), 'tests')
      .flatMap((each) => listAt(each, 'alert_rule_test'))
      .filter((each) => textAt(each, 'alertname') === name)
    expect(new Set(cases.map((each) => listAt(each, 'exp_alerts').length > 0))).toEqual(new Set([true, false]))
  })
})

test('The page has no runbook of an alert that is gone', () => {
  const expected = alerts.map((alert) => textAt(alert, 'alert')).toSorted()
  expect([...runbooks.keys()].filter((name) => name.startsWith('CacheInvalidation')).toSorted()).toEqual(expected)
})

test('Every command that runbooks name is one of the command line', () => {
  const described = Array.from(
    readText('docs/command-line.md').matchAll(/^## `([a-z ]*[a-z])/gm),
    ([, command]) => command,
  )
  const named = new Set(
    Array.from(page.matchAll(/npx cache-invalidation ((?:dead )?[a-z]+)/g), ([, command]) => command),
  )
  expect(named.size).toBeGreaterThan(5)
  expect(described).toEqual(expect.arrayContaining([...named]))
})

test('The limit of the propagation alert is a bound of a bucket: a quantile is exact there and a guess in between', () => {
  const alert = alerts.find((each) => valueAt(each, 'alert') === 'CacheInvalidationPropagationSlow')
  const limit = Number(/> ([\d.]+)\s*$/.exec(textAt(alert, 'expr'))?.[1])
  expect(durationBoundaries).toContain(limit)
})
