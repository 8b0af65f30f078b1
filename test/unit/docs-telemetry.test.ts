import { readFile } from 'node:fs/promises'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'
import { CoherentCache } from '../../src/cache.js'
import { InvalidationPublisher, InvalidationSubscriber } from '../../src/index.js'
import { attribute, eventName } from '../../src/telemetry/attributes.js'
import { instruments } from '../../src/telemetry/instruments.js'
import { MemoryLog } from '../../src/testing.js'
import { within } from '../support/latch.js'
import { rowsUnder } from '../support/markdown.js'
import { metricAttributes } from '../support/metric-attributes.js'

const root = new URL('../../', import.meta.url)
const page = await readFile(new URL('docs/telemetry.md', root), 'utf8')
const metricRows = rowsUnder(page, 'Metrics')

function codeIn(cell: string): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
}

test('what is quoted stands so in the file', async () => {
  const quotes = [...page.matchAll(/<!-- quoted: (\S+) -->\n+```ts\n(.*?)^```$/gms)]
  expect(quotes).not.toEqual([])
  for (const [, file = '', quote] of quotes) expect(quote).toBe(await readFile(new URL(file, root), 'utf8'))
})

test('every metric is there, as it is made, and no other', () => {
  const made = Object.values(instruments).map(({ name, kind, unit, description }) => [name, kind, unit, description])
  const documented = metricRows.map(([name = '', kind, unit = '', , what]) => [
    ...codeIn(name),
    kind,
    ...codeIn(unit),
    what,
  ])
  expect(documented).toEqual(made)
})

test('the attributes of metrics are those that metrics may have', () => {
  const documented = new Set(metricRows.flatMap(([, , , attributes = '']) => codeIn(attributes)))
  expect([...documented].toSorted()).toEqual([...metricAttributes].toSorted())
})

test('every attribute and event of spans is there, and no other', () => {
  const rows = rowsUnder(page, 'Spans').map(([name = '']) => codeIn(name))
  const documented = rows.flat().filter((name) => name.includes('.'))
  const onMetricsAndEventsAlone = new Set<string>([
    attribute.role,
    attribute.tier,
    attribute.waiting,
    attribute.attempt,
  ])
  const made = [...Object.values(attribute), ...Object.values(eventName)].filter(
    (name) => !onMetricsAndEventsAlone.has(name),
  )
  expect(documented.toSorted()).toEqual(made.toSorted())
  for (const name of onMetricsAndEventsAlone) expect(page).toContain(name)
})

/** Attributes of each metric, as recorded while messages are handled live, fail, are replayed, and everything is evicted. */
async function recordedAttributes(): Promise<Map<string, Set<string>>> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] })
  metrics.setGlobalMeterProvider(provider)
  const log = new MemoryLog()
  const publisher = await InvalidationPublisher.connect(log, 'user-service')
  const subscriber = await InvalidationSubscriber.connect(log, { heartbeatMs: 50 })
  publisher.on('error', () => undefined)
  subscriber.on('error', () => undefined)
  const subscription = subscriber.subscribe(
    (message) => {
      if (message.action === 'delete') throw new Error('fails')
    },
    { name: 'feed-cache', retry: { forMs: 0 }, onDeadLetter: 'keep' },
  )
  subscription.on('error', () => undefined)
  await subscription.caughtUp()
  await publisher.invalidate('user', '1')
  await publisher.publish({ action: 'pattern', pattern: '*' }, { signal: AbortSignal.abort() }).catch(() => undefined)
  const cache = CoherentCache.attach({ subscriber, publisher }, { name: 'users' })
  await cache.getOrLoad('user:1', () => 'Ada')
  await cache.getOrLoad('user:2', () => Promise.reject(new Error('fails'))).catch(() => undefined)
  log.cut()
  const { position } = await publisher.update('user', '2')
  await subscription.waitFor(position)
  const resynced = new Promise((resolve) => subscription.on('resync', resolve))
  log.clear()
  await within(resynced, 10_000, 'a resync')
  await provider.forceFlush()
  await Promise.all([cache.close(), subscriber.close(), publisher.close()])
  await provider.shutdown()

  const recorded = new Map<string, Set<string>>()
  for (const { descriptor, dataPoints } of exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap((scope) => scope.metrics)) {
    const keys = recorded.get(descriptor.name) ?? new Set()
    for (const { attributes } of dataPoints) for (const key of Object.keys(attributes)) keys.add(key)
    recorded.set(descriptor.name, keys)
  }
  return recorded
}

test('every metric carries the attributes that its row names', async () => {
  const recorded = await recordedAttributes()
  const documented = metricRows.map(([name = '', , , attributes = '']) => [
    codeIn(name)[0],
    codeIn(attributes).toSorted(),
  ])
  const carried = metricRows.map(([name = '']) => {
    const [metric = ''] = codeIn(name)
    return [metric, [...(recorded.get(metric) ?? [])].toSorted()]
  })
  expect(carried).toEqual(documented)
})
