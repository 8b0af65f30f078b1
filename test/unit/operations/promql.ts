import { parser } from '@prometheus-io/lezer-promql'

/** What is wrong with an expression, where it can't be parsed; what it names, where it can. */
export interface ParsedQuery {
  readonly errors: readonly string[]
  readonly metrics: readonly string[]
  readonly labels: readonly string[]
}

export function parseQuery(expression: string): ParsedQuery {
  const errors: string[] = []
  const metrics = new Set<string>()
  const labels = new Set<string>()
  parser.parse(expression).iterate({
    enter(node) {
      const text = expression.slice(node.from, node.to)
      if (node.type.isError) errors.push(`at ${node.from}: ${text === '' ? 'something is missing' : text}`)
      else if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') metrics.add(text)
      else if (node.name === 'LabelName') labels.add(text)
    },
  })
  return { errors, metrics: [...metrics], labels: [...labels] }
}

/** An expression as Grafana would send it: its variables replaced by values of their kind. */
export function withoutVariables(expression: string): string {
  const replaced = expression
    .replaceAll(/\$(__rate_interval|__range|__interval)\b/g, '5m')
    .replaceAll('$$__tags', 'service_name="x"') // doubled: `$` is special in provisioning files
    .replaceAll(/\$(service|channel)\b/g, '.*')
  if (replaced.includes('$')) throw new Error(`An unknown variable in ${expression}`)
  return replaced
}
