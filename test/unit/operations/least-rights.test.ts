import { expect, test } from 'vitest'
import { rightsOf, type Role, rulesOf } from '../../../src/log/admin/rights.js'
import { logKeys } from '../../../src/log/model/keys.js'
import { DEFAULT_CHANNEL } from '../../../src/support/connection-options.js'
import { documentedUsers, rulesFor } from '../../support/acl.js'
import { readText } from './parsed-file.js'

const keys = logKeys(DEFAULT_CHANNEL)
const section =
  readText('docs/operations.md')
    .split(/^## /m)
    .find((text) => text.startsWith('Least rights')) ?? ''

test.each<[user: string, roles: readonly Role[]]>([
  ['invalidation-publisher', ['publisher']],
  ['invalidation-subscriber', ['subscriber']],
  ['invalidation-both', ['publisher', 'subscriber']],
])('the line of %s grants what doctor looks for, and nothing else', async (user, roles) => {
  const [channels, ...rules] = (await documentedUsers()).get(user) ?? []
  expect(channels).toBe('resetchannels')
  expect(rules.toSorted()).toEqual(rulesFor(DEFAULT_CHANNEL, ({ role }) => roles.includes(role)).toSorted())
})

test.each<Role>(['publisher', 'subscriber'])('the table of a %s has each of its needs, and what is lost', (role) => {
  const table = section.split(`A ${role}:`)[1]?.split('\n\n')[1] ?? ''
  const rows = table.split('\n').slice(2)
  const cells = rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  )
  const rights = rightsOf(keys, false).filter((right) => right.role === role)
  const needs = [...new Set(rights.map(({ without }) => without))]
  const expected = needs.map((need) => {
    const those = rights.filter(({ without }) => without === need)
    const rules = new Set(those.flatMap((right) => rulesOf(right, keys)))
    return [
      [...rules].map((rule) => `\`${rule}\``).join(' '),
      those.every(({ optional }) => optional) ? 'no' : 'yes',
      need,
    ]
  })
  expect(cells).toEqual(expected)
})

test('a channel with the signs of a glob grants itself alone', () => {
  const odd = logKeys('a*[b]?\\')
  const [right] = rightsOf(odd, false).filter(({ command: [name] }) => name === 'PUBLISH')
  expect(right && rulesOf(right, odd)).toEqual(['+publish', '&a\\*\\[b\\]\\?\\\\'])
})
