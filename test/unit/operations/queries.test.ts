import { describe, expect, test } from 'vitest'
import { instruments } from '../../../src/telemetry/instruments.js'
import { metricAttributes } from '../../support/metric-attributes.js'
import { listAt, readYaml, textAt, valueAt } from './parsed-file.js'
import { labelOf, metricsOf } from './prometheus-names.js'
import { parseQuery } from './promql.js'
import { panelQueries, queries } from './queries.js'

const config = readYaml('deploy/prometheus/prometheus.yml')
const promoted = listAt(config, 'otlp', 'promote_resource_attributes').map(String)
const knownMetrics = new Set([...Object.values(instruments).flatMap(metricsOf), 'ALERTS'])
const knownLabels = new Set([
  ...[...metricAttributes, ...promoted].map(labelOf),
  'le',
  '__name__',
  'alertname',
  'alertstate', // Prometheus' own
])

describe('Every query of the rules, the dashboard and the data sources', () => {
  test.each(queries)('is PromQL: $where', ({ expression }) => {
    expect(parseQuery(expression).errors).toEqual([])
  })

  test.each(queries)('asks for metrics that are measured, by labels that they carry: $where', ({ expression }) => {
    const { metrics, labels } = parseQuery(expression)
    expect(metrics.filter((metric) => !knownMetrics.has(metric))).toEqual([])
    expect(labels.filter((label) => !knownLabels.has(label))).toEqual([])
  })

  test('is more than a handful', () => {
    expect(queries.length).toBeGreaterThan(30)
  })
})

test.each(Object.values(instruments))('The dashboard shows $name', (instrument) => {
  const shown = new Set(panelQueries.flatMap(({ expression }) => parseQuery(expression).metrics))
  expect(metricsOf(instrument).some((metric) => shown.has(metric))).toBe(true)
})

test('Prometheus is told to translate names in the way that queries expect', () => {
  expect(textAt(config, 'otlp', 'translation_strategy')).toBe('UnderscoreEscapingWithSuffixes')
})

test('Prometheus scrapes nothing, and reads the rules', () => {
  expect(valueAt(config, 'scrape_configs')).toBeUndefined()
  expect(listAt(config, 'rule_files')).toEqual(['rules.yml'])
})

describe('The check of queries', () => {
  const broken = ['sum by (', 'foo{a=}', 'rate(foo[5m]', 'sum(foo))', 'no_such_function(foo)', '']

  test.each(broken)('refuses %j', (expression) => {
    expect(parseQuery(expression).errors).not.toEqual([])
  })

  test('finds the metrics and labels of an expression', () => {
    expect(parseQuery('sum by (x) (rate(foo{y="z"}[5m])) / on (v) group_left (w) bar')).toEqual({
      errors: [],
      metrics: ['foo', 'bar'],
      labels: ['x', 'y', 'v', 'w'],
    })
  })
})

describe('Names in Prometheus', () => {
  // As Prometheus' own translator gives them.
  test.each([
    ['sent', ['messaging_client_sent_messages_total']],
    ['operation', durationSeries('messaging_client_operation_duration_seconds')],
    ['propagation', durationSeries('cache_invalidation_propagation_duration_seconds')],
    ['lag', ['cache_invalidation_lag_seconds']],
    ['behind', ['cache_invalidation_behind']],
    ['resyncs', ['cache_invalidation_resyncs_total']],
    ['sendQueueSize', ['cache_invalidation_send_queue_size']],
    ['cacheHits', ['cache_invalidation_cache_hits_total']],
    ['cacheLoad', durationSeries('cache_invalidation_cache_load_duration_seconds')],
    ['cacheSize', ['cache_invalidation_cache_size_bytes']],
  ] as const)('are translated: %s', (instrument, expected) => {
    expect(metricsOf(instruments[instrument])).toEqual(expected)
  })
})

function durationSeries(base: string): readonly string[] {
  return [`${base}_bucket`, `${base}_count`, `${base}_sum`]
}
