import { readFile } from 'node:fs/promises'
import { logKeys } from '../../src/log/keys.js'
import { rightsOf, rulesOf, type Right } from '../../src/log/rights.js'

/** The arguments of each `ACL SETUSER` line of docs/operations.md, without user and password, by user. */
export async function documentedUsers(): Promise<ReadonlyMap<string, readonly string[]>> {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const lines = page.matchAll(/^ACL SETUSER (\S+) reset on >PASSWORD (.+)$/gm)
  return new Map(Array.from(lines, ([, user = '', rules = '']) => [user, rules.split(' ')]))
}

/** What grants these rights of a log, each rule once. */
export function rulesFor(channel: string, isGranted: (right: Right) => boolean): readonly string[] {
  const keys = logKeys(channel)
  const granted = rightsOf(keys).filter(isGranted)
  return [...new Set(granted.flatMap((right) => rulesOf(right, keys)))]
}
