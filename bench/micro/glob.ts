import { matchesPattern } from '../../src/message/glob.js'
import { type MicroCase, oursInTasks } from './task.js'

/** As patterns are: one that matches every other key. */
const benign = {
  pattern: 'user:*:profile',
  keys: Array.from({ length: 100 }, (_, index) => `user:${1_000 + index}:${index % 2 === 0 ? 'profile' : 'friends'}`),
}

/** Stars that a matcher with backtracking tries in every place, and all for nothing. */
const hostile = { pattern: '*a*a*a*a*b', keys: ['a'.repeat(40)] }

export const glob: MicroCase = matching('glob', benign)
export const globHostile: MicroCase = matching('glob, hostile', hostile)

/** Beside a regular expression with `.*` for each star, made once. */
function matching(name: string, { pattern, keys }: typeof benign): MicroCase {
  const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
  const count = (matches: (key: string) => boolean): number => {
    let matched = 0
    for (const key of keys) if (matches(key)) matched++
    return matched
  }
  return {
    name,
    tasks: [
      { ...oursInTasks, operations: keys.length, run: () => count((key) => matchesPattern(pattern, key)) },
      { name: 'regexp', title: 'RegExp', operations: keys.length, run: () => count((key) => expression.test(key)) },
    ],
  }
}
