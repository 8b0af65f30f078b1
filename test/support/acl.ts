import { readFile } from 'node:fs/promises'
import { type Right, rightsOf, rulesOf } from '../../src/log/admin/rights.js'
import { logKeys } from '../../src/log/model/keys.js'

function operationsPage(): Promise<string> {
  return readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
}

/** The arguments of each `ACL SETUSER` line of docs/operations.md, without user and password, by user. */
export async function documentedUsers(): Promise<ReadonlyMap<string, readonly string[]>> {
  const lines = (await operationsPage()).matchAll(/^ACL SETUSER (\S+) reset on >PASSWORD (.+)$/gm)
  return new Map(Array.from(lines, ([, user = '', rules = '']) => [user, rules.split(' ')]))
}

/** What grants these rights of a log, each rule once. */
export function rulesFor(channel: string, isGranted: (right: Right) => boolean): readonly string[] {
  const keys = logKeys(channel)
  const granted = rightsOf(keys, false).filter(isGranted)
  return [...new Set(granted.flatMap((right) => rulesOf(right, keys)))]
}

/** The rights that docs/operations.md adds where a topology or an option asks for more, by what stands in front of them. */
export async function documentedAdditions(): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = (await operationsPage()).matchAll(
    /^\| (in a cluster|with `sharded`|in another database)[^|]*\| (.*) \|$/gm,
  )
  return new Map(Array.from(rows, ([, where = '', cell = '']) => [where, rulesIn(cell)]))
}

function rulesIn(cell: string): readonly string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, rule = '']) => rule.replace('\\|', '|'))
}
