import { type Right, type Role, rulesOf } from '../../log/admin/rights.js'
import type { LogKeys } from '../../log/model/keys.js'
import { type Check, defineCheck, error, warning } from './check.js'

function rightsCheck(role: Role): Check {
  const check = defineCheck({
    name: `${role}-rights`,
    fine: `the user may do all that a ${role} does`,
    needs: ['missingRights'],
    find({ missingRights }, { keys, user = 'USER' }) {
      const missing = missingRights.filter((right) => right.role === role)
      return [...Map.groupBy(missing, ({ without }) => without)].map(([without, rights]) => {
        const problem = rights.some(({ optional }) => !optional) ? error : warning
        const rules = new Set(rights.flatMap((right) => rulesOf(right, keys)))
        return problem(
          `A ${role} is refused ${rights.map((right) => describeRight(right, keys)).join(', ')}: ${without}`,
          `Where this user is a ${role}: ACL SETUSER ${user} ${[...rules].join(' ')}`,
        )
      })
    },
  })
  return { ...check, role }
}

/** The command with its keys and channel, as `XADD {orders}:stream`. */
function describeRight({ command: [name, ...args] }: Right, keys: LogKeys): string {
  const ours = new Set<string>(Object.values(keys))
  return [name, ...args.filter((arg) => ours.has(arg))].join(' ')
}

/** About what the user may do. */
export const rightsChecks: readonly Check[] = [rightsCheck('publisher'), rightsCheck('subscriber')]
