import { describe, expect, test } from 'vitest'
import { barChart } from '../../../../bench/rendering/charts/bars.js'
import { lineChart, spreadOut } from '../../../../bench/rendering/charts/lines.js'
import {
  compact,
  linearScale,
  logScale,
  logScaleAround,
  percentileScale,
  stepScale,
} from '../../../../bench/rendering/charts/scale.js'

describe('scales', () => {
  test('from 0 reach a round number in at most six steps', () => {
    const labels = (max: number): string[] => linearScale(max, [0, 100]).ticks.map(({ label }) => label)
    expect(labels(283_000)).toEqual(['0', '50k', '100k', '150k', '200k', '250k', '300k'])
    expect(labels(1.2)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1', '1.2'])
    expect(labels(7)).toEqual(['0', '2', '4', '6', '8'])
    expect(labels(0)).toEqual(['0', '0.2'])
    expect(linearScale(300_000, [10, 110]).at(150_000)).toBe(60)
  })

  test('by powers of ten put equal ratios equally far apart, with ticks within', () => {
    const { at, ticks } = logScale(0.5, 50, [0, 200])
    expect(at(0.5)).toBe(0)
    expect(at(5)).toBeCloseTo(100)
    expect(at(50)).toBeCloseTo(200)
    expect(ticks.map(({ label }) => label)).toEqual(['1', '3', '10', '30'])
    expect(logScale(1, 100_000, [0, 1]).ticks.map(({ label }) => label)).toEqual([
      '1',
      '10',
      '100',
      '1k',
      '10k',
      '100k',
    ])
    expect(logScale(2, 9, [0, 1]).ticks.map(({ label }) => label)).toEqual(['2', '5'])
  })

  test('around values have room for all of them, and draw 0 at the lower end', () => {
    const { at } = logScaleAround([0, 1, 5], [0, 100])
    expect(at(0)).toBe(0)
    expect(at(1)).toBeGreaterThan(0)
    expect(at(5)).toBeLessThan(100)
  })

  test('of steps have a tick where something was measured', () => {
    const { at, ticks } = stepScale([1, 4, 16], [0, 100])
    expect(ticks.map(({ value }) => value)).toEqual([1, 4, 16])
    expect(at(4)).toBeCloseTo(50)
  })

  test('of percentiles put every nine as far again', () => {
    const { at, ticks } = percentileScale(99.9, [0, 100])
    expect(ticks.map(({ label }) => label)).toEqual(['p50', 'p90', 'p99', 'p99.9'])
    expect(at(50)).toBe(0)
    expect(at(99.9)).toBeCloseTo(100)
    expect(at(99.9) - at(99)).toBeCloseTo(at(99) - at(90))
  })

  test('tell numbers in short', () => {
    expect([0.05, 1, 1_000, 250_000, 1_500_000].map(compact)).toEqual(['0.05', '1', '1k', '250k', '1.5M'])
  })
})

describe('labels of lines', () => {
  const room = { top: 0, bottom: 100 }
  const at = (...heights: number[]) => heights.map((each) => ({ at: each, height: 10 }))

  test('stay where they are as long as none overlaps another', () => {
    expect(spreadOut(at(50, 10, 30), room)).toEqual([50, 10, 30])
  })

  test('make way for each other, in their order, and stay within', () => {
    expect(spreadOut(at(42, 40, 45), room)).toEqual([50, 40, 60])
    expect(spreadOut(at(99, 98), room)).toEqual([90, 80])
    expect(spreadOut(at(-5), room)).toEqual([0])
  })
})

describe('charts', () => {
  const summary = { median: 50, min: 40, max: 60 }

  test('of bars name each variant, its median and what went wrong', () => {
    const bars = [{ ...summary, label: 'A <b>', className: 'ours', warning: 'lost 3' }]
    const svg = barChart({ title: 'Handled & so on', bars }).toString()
    expect(svg).toContain('<title>Handled &amp; so on</title>')
    expect(svg).toContain('A &lt;b&gt;<tspan class="warning" dx="6">⚠ lost 3</tspan>')
    expect(svg).toMatch(/<g class="value"><text [^>]*>50<\/text>/)
    const [x = '', width = ''] = /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/.exec(svg)?.slice(1) ?? []
    const [from = '', to = ''] =
      /<g class="whisker"><line x1="([\d.]+)" y1="26" x2="([\d.]+)"/.exec(svg)?.slice(1) ?? []
    const perUnit = Number(width) / 50
    expect(Number(from) - Number(x)).toBeCloseTo(40 * perUnit, 0)
    expect(Number(to) - Number(x)).toBeCloseTo(60 * perUnit, 0)
  })

  test('of lines draw a line, its band, and a label in lines that are not too long', () => {
    const points = [
      { x: 1, y: 10, min: 9, max: 11 },
      { x: 10, y: 20, min: 18, max: 22 },
    ]
    const svg = lineChart({
      title: 'Growth',
      x: { title: 'subscribers', scale: (range) => stepScale([1, 10], range) },
      y: { title: 'ms', scale: (range) => linearScale(20, range) },
      series: [
        { label: 'bare XRANGE and JSON.parse', className: 'baseline', points, marked: true },
        { label: 'nothing', className: 'ours', points: [], marked: true },
      ],
    }).toString()
    expect(svg.match(/<polyline points="[\d., ]+"/g)).toHaveLength(1)
    expect(svg.match(/<circle/g)).toHaveLength(2)
    expect(svg).toContain('<polyline points="40,124 326,26"')
    expect(svg).toMatch(/bare XRANGE and<\/text><text [^>]*>JSON\.parse</)
    expect(svg).not.toContain('nothing')
    expect(svg).not.toContain('NaN')
  })
})
