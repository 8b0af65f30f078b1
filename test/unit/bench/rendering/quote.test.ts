import { format } from 'prettier'
import { expect, test } from 'vitest'
import { quoteInto } from '../../../../bench/rendering/quote.js'
import { madeUpResults } from '../made-up-results.js'

const page = `# Page

<!-- bench:begin -->

what was quoted before

<!-- bench:end -->

The rest.
`

test('what stands between the marks is replaced, and nothing else', () => {
  const quoted = quoteInto(page, madeUpResults())
  expect(quoted).toMatch(/^# Page\n\n<!-- bench:begin -->\n\n\| what /)
  expect(quoted).toMatch(/\n\n<!-- bench:end -->\n\nThe rest\.\n$/)
  expect(quoted).not.toContain('quoted before')
  expect(quoted).toMatch(
    /over plain PUBLISH, which keeps nothing +\| +1\.20 \| 1\.\d\d to 1\.\d\d +\| at least 6 +\| no +\|/,
  )
  expect(quoted).toMatch(/^\| ioredis PUBLISH\/SUBSCRIBE +\| +4,098 \| [\d,]+ to [\d,]+ +\| +1\.20 \|$/m)
  expect(quoted).toContain('Rank of cache-invalidation by the medians, the fastest first: 1 of 8.\n')
  expect(quoted).toContain('Measured on 2026-11-22 at 19:18 UTC')
  expect(quoteInto(quoted, madeUpResults())).toBe(quoted)
})

test('a table of it stands as Prettier has it', async () => {
  const quoted = quoteInto(page, madeUpResults())
  expect(await format(quoted, { parser: 'markdown' })).toBe(quoted)
})

test('a page without the marks is refused', () => {
  expect(() => quoteInto('# Page\n', madeUpResults())).toThrow('Expected <!-- bench:begin --> and <!-- bench:end -->')
})
