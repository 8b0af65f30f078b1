import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { ResyncReason } from '../../src/log/model/resync-reason.js'

const docs = new URL('../../docs/', import.meta.url)
const page = await readFile(new URL('protocol.md', docs), 'utf8')
const rows = [page, await readFile(new URL('reliability.md', docs), 'utf8')].flatMap((each) =>
  each.split('\n').filter((line) => line.startsWith('| ')),
)

/** Tests as the tables cite them: a link to the file, a colon, and the names in quotes. */
const citations = [...rows.join('\n').matchAll(/\]\((\.\.\/test\/[^)]+)\)(?:: ("[^"]+"(?:, "[^"]+")*))?/g)]

test.each(citations.map(([, file = '', names = '']) => ({ file, names })))(
  '$file has $names',
  async ({ file, names }) => {
    const source = await readFile(new URL(file, docs), 'utf8')
    const cited = Array.from(names.matchAll(/"([^"]+)"/g), ([, name = '']) => name)
    expect(cited).not.toEqual([])
    for (const name of cited) expect(source).toContain(name)
  },
)

test('every reason for a resync is explained', () => {
  // Typed, so that the compiler asks for a reason that is missing here.
  const reasons: Record<ResyncReason, true> = {
    trimmed: true,
    forked: true,
    'log-lost': true,
    deleted: true,
    'no-cursor': true,
    'no-position': true,
    overflow: true,
    failover: true,
    unreadable: true,
    'foreign-gap': true,
    oversized: true,
    'dead-letter': true,
  }
  const section = page.split(/^#+ /m).find((text) => text.startsWith('Resync\n')) ?? ''
  const explained = Array.from(section.matchAll(/^\| `([^`]+)`/gm), ([, reason]) => reason)
  expect(explained).toEqual(Object.keys(reasons))
})
