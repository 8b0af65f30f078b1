import type { Role } from '../../log/admin/rights.js'
import type { Answers, Facts, Terms } from './facts.js'

export const severities = ['error', 'warning', 'unknown', 'ok'] as const

/** How bad it is. `unknown`: the server did not say what is needed to tell. */
export type Severity = (typeof severities)[number]

/** What a check came to. */
export interface Finding {
  readonly check: string
  readonly severity: Severity
  readonly what: string
  /** Empty where nothing need be done. */
  readonly whatToDo: string
}

/** Something that should be otherwise. */
export type Problem = Omit<Finding, 'check' | 'severity'> & { readonly severity: 'error' | 'warning' }

/** One thing that is looked at. */
export interface Check {
  readonly name: string
  /** Set where it is about one role alone. */
  readonly role?: Role
  run(facts: Facts, terms: Terms): readonly Finding[]
}

interface Definition<Needed extends keyof Answers> {
  readonly name: string
  /** What holds where there is no problem. */
  readonly fine: string | ((answers: Pick<Answers, Needed>, terms: Terms) => string)
  /** Without these it can't tell. */
  readonly needs: readonly Needed[]
  find(answers: Pick<Answers, Needed>, terms: Terms): readonly Problem[]
}

/** Makes a check that says `ok` where there is no problem, and `unknown` where one of the facts that it needs is. */
export function defineCheck<Needed extends keyof Answers>(definition: Definition<Needed>): Check {
  const { name, fine, needs } = definition
  return {
    name,
    run(facts, terms) {
      const unknown = needs.map((need) => facts[need]).find(({ reason }) => reason !== undefined)
      if (unknown?.reason !== undefined) {
        return [{ check: name, severity: 'unknown', what: unknown.reason, whatToDo: adviceFor(unknown.code) }]
      }
      // Each of them is known.
      const answers = Object.fromEntries(needs.map((need) => [need, facts[need].value])) as Pick<Answers, Needed>
      const problems = definition.find(answers, terms)
      if (problems.length === 0) {
        const what = typeof fine === 'string' ? fine : fine(answers, terms)
        return [{ check: name, severity: 'ok', what, whatToDo: '' }]
      }
      return problems.map((problem) => ({ check: name, ...problem }))
    },
  }
}

/** What to do about a refusal, by its code. */
const advice: Readonly<Record<string, string>> = {
  NOPERM: 'To have it looked at, run doctor as a user who may ask for it',
  WRONGTYPE: 'A key of the log holds something else: see `key-types`',
  MOVED: 'Another node of the cluster has the log: see `cluster`',
  CLUSTERDOWN: 'The cluster does not serve the log now: see `cluster`',
  ERR: 'Nothing, where this server does not have the command; else see its own log',
}

function adviceFor(code: string | undefined): string {
  return advice[code ?? ''] ?? 'Ask again in a moment; where that lasts, see what the reason says'
}

export function error(what: string, whatToDo: string): Problem {
  return { severity: 'error', what, whatToDo }
}

export function warning(what: string, whatToDo: string): Problem {
  return { severity: 'warning', what, whatToDo }
}
