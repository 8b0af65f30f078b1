import { describe, expect, test } from 'vitest'
import { listAt, numberAt, readText, textAt, valueAt } from './parsed-file.js'
import { dashboard, dataSources, panels, variables } from './queries.js'

const columns = 24

test('The dashboard is JSON, and everything on it has an id of its own', () => {
  expect(() => JSON.parse(readText('deploy/grafana/dashboards/cache-invalidation.json')) as unknown).not.toThrow()
  const ids = listAt(dashboard, 'panels').map((panel) => numberAt(panel, 'id'))
  expect(new Set(ids).size).toBe(ids.length)
})

test('Nothing on the dashboard overlaps, or leaves its width', () => {
  const places = listAt(dashboard, 'panels').map((panel) => {
    const [x = 0, y = 0, w = 0, h = 0] = ['x', 'y', 'w', 'h'].map((side) => numberAt(panel, 'gridPos', side))
    return { title: textAt(panel, 'title'), left: x, right: x + w, top: y, bottom: y + h }
  })
  const outside = places.filter(
    ({ left, right, top, bottom }) => left < 0 || right > columns || left >= right || top >= bottom,
  )
  const overlaps = places.flatMap((a, index) =>
    places
      .slice(index + 1)
      .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
      .map((b) => [a.title, b.title]),
  )
  expect([...outside, ...overlaps]).toEqual([])
})

describe.each(panels.map((panel) => [textAt(panel, 'title'), panel] as const))('The panel %s', (title, panel) => {
  test('says what it shows, in which unit, and what is too much', () => {
    expect(textAt(panel, 'description')).not.toBe('')
    expect(textAt(panel, 'fieldConfig', 'defaults', 'unit')).not.toBe('')
    expect(listAt(panel, 'fieldConfig', 'defaults', 'thresholds', 'steps')).not.toEqual([])
  })

  test('asks the data source that was chosen', () => {
    const sources = [panel, ...listAt(panel, 'targets')].map((asking) => valueAt(asking, 'datasource'))
    expect(sources.length).toBeGreaterThan(1)
    for (const source of sources) expect(source).toEqual({ type: 'prometheus', uid: '${datasource}' })
  })

  test('is walked through on the page', () => {
    expect(readText('docs/operations.md')).toContain(`**${title}**`)
  })
})

test('One can choose a data source, services and channels', () => {
  expect(variables.map((variable) => textAt(variable, 'name'))).toEqual(['datasource', 'service', 'channel'])
})

test('What is chosen at first, and what data sources refer to, are data sources that are provisioned', () => {
  const provisioned = new Map(dataSources.map((source) => [textAt(source, 'uid'), textAt(source, 'type')]))
  expect(provisioned).toEqual(
    new Map([
      ['prometheus', 'prometheus'],
      ['jaeger', 'jaeger'],
    ]),
  )
  const [chosen] = variables
  expect(provisioned.get(textAt(chosen, 'current', 'value'))).toBe(textAt(chosen, 'query'))
  const jaeger = dataSources.find((source) => textAt(source, 'type') === 'jaeger')
  expect(provisioned.get(textAt(jaeger, 'jsonData', 'tracesToMetrics', 'datasourceUid'))).toBe('prometheus')
})
