import { listAt, readYaml, textAt, valueAt } from './parsed-file.js'
import { withoutVariables } from './promql.js'

export interface Query {
  /** Where it stands, for messages. */
  readonly where: string
  readonly expression: string
}

export const alerts = listAt(readYaml('deploy/prometheus/rules.yml'), 'groups').flatMap((group) =>
  listAt(group, 'rules'),
)

export const dashboard = readYaml('deploy/grafana/dashboards/cache-invalidation.json') // JSON is YAML

/** The panels that show something, without the headings between them. */
export const panels = listAt(dashboard, 'panels').filter((panel) => textAt(panel, 'type') !== 'row')

export const variables = listAt(dashboard, 'templating', 'list')

export const dataSources = listAt(readYaml('deploy/grafana/provisioning/datasources/datasources.yml'), 'datasources')

const alertQueries: readonly Query[] = alerts.map((alert) => ({
  where: textAt(alert, 'alert'),
  expression: textAt(alert, 'expr'),
}))

export const panelQueries: readonly Query[] = panels.flatMap((panel) =>
  listAt(panel, 'targets').map((target) => grafanaQuery(`panel ${textAt(panel, 'title')}`, textAt(target, 'expr'))),
)

/** `label_values(SELECTOR, LABEL)` is Grafana's: what it asks Prometheus for are the labels of a selector. */
const variableQueries: readonly Query[] = variables
  .filter((variable) => textAt(variable, 'type') === 'query')
  .map((variable) => {
    const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(textAt(variable, 'query', 'query')) ?? []
    return grafanaQuery(`variable ${textAt(variable, 'name')}`, `count by (${label}) (${selector})`)
  })

const traceQueries: readonly Query[] = dataSources.flatMap((source) =>
  listAt(valueAt(source, 'jsonData', 'tracesToMetrics'), 'queries').map((query) =>
    grafanaQuery(`trace to metrics, ${textAt(query, 'name')}`, textAt(query, 'query')),
  ),
)

export const queries: readonly Query[] = [...alertQueries, ...panelQueries, ...variableQueries, ...traceQueries]

function grafanaQuery(where: string, expression: string): Query {
  return { where, expression: withoutVariables(expression) }
}
