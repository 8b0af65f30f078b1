import { formatCount, printable } from '../format.js'
import type { Output, Style } from '../output.js'
import { type Finding, severities, type Severity } from './check.js'

const looks: Readonly<Record<Severity, { readonly title: string; readonly style: Style }>> = {
  error: { title: 'Errors', style: 'red' },
  warning: { title: 'Warnings', style: 'yellow' },
  unknown: { title: 'Not known', style: 'cyan' },
  ok: { title: 'Fine', style: 'green' },
}

/** How many findings there are of each severity. */
export function countFindings(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length
  return { error: count('error'), warning: count('warning'), unknown: count('unknown'), ok: count('ok') }
}

/** The findings under a title for each severity, each with what to do, and their numbers at the end. */
export function formatFindings(findings: readonly Finding[], output: Pick<Output, 'style'>): string {
  const sections = severities.flatMap((severity) => {
    const { title, style } = looks[severity]
    const found = findings.filter((finding) => finding.severity === severity)
    if (found.length === 0) return []
    return [[output.style(style, title), ...found.flatMap((finding) => formatFinding(finding, output))].join('\n')]
  })
  const { error, warning, unknown, ok } = countFindings(findings)
  const bad = [formatCount(error, 'error', 'errors'), formatCount(warning, 'warning', 'warnings')].join(', ')
  return [...sections, `${bad}, ${unknown} not known, ${ok} fine`].join('\n\n')
}

function formatFinding({ check, what, whatToDo }: Finding, output: Pick<Output, 'style'>): readonly string[] {
  const line = `  ${output.style('bold', check)}: ${printable(what)}`
  return whatToDo === '' ? [line] : [line, `    ${printable(whatToDo)}`]
}
