import type { Role } from '../../log/rights.js'
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
  readonly fine: string
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
      const reason = needs.map((need) => facts[need].reason).find((each) => each !== undefined)
      if (reason !== undefined) return [{ check: name, severity: 'unknown', what: reason, whatToDo: askWithRights }]
      // Each of them is known.
      const answers = Object.fromEntries(needs.map((need) => [need, facts[need].value])) as Pick<Answers, Needed>
      const problems = definition.find(answers, terms)
      if (problems.length === 0) return [{ check: name, severity: 'ok', what: fine, whatToDo: '' }]
      return problems.map((problem) => ({ check: name, ...problem }))
    },
  }
}

const askWithRights = 'To have it looked at, run doctor as a user who may ask for it'

export function error(what: string, whatToDo: string): Problem {
  return { severity: 'error', what, whatToDo }
}

export function warning(what: string, whatToDo: string): Problem {
  return { severity: 'warning', what, whatToDo }
}
