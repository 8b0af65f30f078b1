import { describe, expect, test } from 'vitest'
import { reportPage } from '../../../../bench/rendering/page/page.js'
import { madeUpResults, madeUpRuns } from '../made-up-results.js'

const page = reportPage(madeUpResults())

function sectionOf(name: string): string {
  return new RegExp(`<section id="${name}">.*?</section>`, 's').exec(page)?.[0] ?? ''
}

function chartsIn(section: string): string[] {
  return Array.from(section.matchAll(/<svg .*?<title>(.*?)<\/title>/gs), ([, title = '']) => title)
}

describe('the page', () => {
  test('needs nothing but itself, and escapes what it is given', () => {
    expect(page).not.toMatch(/<script|<link|src=|url\(|https?:/)
    expect(page).toContain('Made-up &lt;CPU&gt; &amp; more')
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  test('closes every element that it opens, in order', () => {
    const open: string[] = []
    for (const [, closing, name = '', selfClosing] of page.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (selfClosing === '/' || name === 'meta') continue
      if (closing === '/') expect(open.pop()).toBe(name)
      else open.push(name)
    }
    expect(open).toEqual([])
  })

  test('begins with the ratios: what was measured, the bar, and whether it is met', () => {
    expect(page).toContain('In short: 12 of 21 bars reached')
    expect(page).toMatch(/throughput_vs_ioredis_publish.*?<strong>1\.20<\/strong>.*?at least 6.*?✗ not met/s)
    expect(page).toMatch(/otel_on_us.*?<strong>[\d.]+ µs<\/strong>.*?at most 20 µs.*?✓ met/s)
  })

  test('tells what went wrong, or that nothing did', () => {
    expect(page).toContain('lost 1,234 messages (in 1 of 5 runs)')
    expect(sectionOf('throughput')).toContain('⚠ lost 1,234')
    const runs = madeUpRuns(['throughput', 'x', {}], ['ioredis', 'ioredis'], { handled_per_s: 1, lost: 0 })
    expect(reportPage(madeUpResults({ runs }))).toContain('No message was lost')
  })

  test('says of tiny amounts that they mean nothing', () => {
    expect(reportPage(madeUpResults({ size: 'smoke' }))).toContain('these figures mean nothing')
    expect(page).not.toContain('these figures mean nothing')
  })
})

describe('charts', () => {
  test('show throughput by case, and the CPU that an invalidation takes where all is saturated', () => {
    const titles = chartsIn(sectionOf('throughput'))
    expect(titles).toHaveLength(6 + 3)
    expect(titles).toContainEqual(expect.stringContaining('1,000 in flight, 16 subscribers: handled, invalidations/s.'))
    expect(titles).toContainEqual(expect.stringContaining('1,000 in flight, 1 subscriber: CPU of Redis'))
  })

  test('show latency by percentile for each rate, ours and the other', () => {
    const latency = sectionOf('latency')
    expect(chartsIn(latency)).toHaveLength(3)
    expect(latency.match(/<g class="ours"><polygon/g)).toHaveLength(3)
    expect(latency.match(/<g class="baseline"><polygon/g)).toHaveLength(3)
  })

  test('show recovery by what was missed, and growth by subscribers and by publishers', () => {
    expect(chartsIn(sectionOf('recovery'))).toHaveLength(2)
    const growth = chartsIn(sectionOf('scale'))
    expect(growth.filter((title) => title.includes('by subscribers'))).toHaveLength(4)
    expect(growth.filter((title) => title.includes('by publishers'))).toHaveLength(4)
    // 1, 4, 16 and 64 subscribers with one publisher; 1, 4 and 16 publishers with one subscriber.
    expect(sectionOf('scale').match(/<circle/g)).toHaveLength(4 * 4 + 4 * 3)
  })

  test('show what a message takes in a frame, for each kind of ids', () => {
    const titles = chartsIn(sectionOf('frame'))
    expect(titles).toHaveLength(2 * 2)
    expect(titles).toContainEqual(
      expect.stringContaining('ids of 6: in the frame, bytes. cache-invalidation 11, a list 181'),
    )
  })

  test('have their figures as a table below', () => {
    for (const name of ['throughput', 'latency', 'recovery', 'scale', 'frame', 'telemetry'])
      expect(sectionOf(name)).toMatch(/<details><summary>.*<table>.*<\/details>/s)
    expect(sectionOf('micro')).toMatch(/<td>encode<\/td><td>an operation \(ns\)<\/td>.*?>120</s)
  })

  test('are left out where there is nothing to draw', () => {
    const runs = madeUpRuns(['recovery', '500 missed', { missed: 500 }], ['xrange', 'bare'], { replay_ms: 5 })
    const recovery = reportPage(madeUpResults({ runs }))
    expect(recovery).not.toContain('<svg')
    expect(recovery).toContain('500 missed')
    expect(recovery).not.toContain('In short')
  })
})
