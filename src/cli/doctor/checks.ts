import { type Check, type Finding, severities } from './check.js'
import type { Facts, Terms } from './facts.js'
import { logChecks } from './log-checks.js'
import { memoryChecks } from './memory-checks.js'
import { rightsChecks } from './rights-checks.js'
import { serverChecks } from './server-checks.js'
import { subscriptionChecks } from './subscription-checks.js'
import { topologyChecks } from './topology-checks.js'

/** All that is looked at. */
export const checks: readonly Check[] = [
  ...serverChecks,
  ...topologyChecks,
  ...memoryChecks,
  ...rightsChecks,
  ...logChecks,
  ...subscriptionChecks,
]

/** What all checks come to, the worst first. */
export function examine(facts: Facts, terms: Terms): readonly Finding[] {
  const asked = checks.filter(({ role }) => role === undefined || terms.role === undefined || role === terms.role)
  const findings = asked.flatMap((check) => check.run(facts, terms))
  return severities.flatMap((severity) => findings.filter((finding) => finding.severity === severity))
}
