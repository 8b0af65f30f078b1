import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { docsExamples, extractExamples, printedBy, readmeExamples, toCommonJs } from './readme.js'

const fence = '```'

test('examples of a page are its ts and js blocks, named by the comment before them or by their line', () => {
  const page = `# Title\n\n${fence}sh\nnpm test\n${fence}\n\n<!-- example: publisher -->\n\n${fence}ts\na()\n${fence}\n
<!-- example: not run -->\n${fence}ts\nb()\n${fence}\n\n${fence}js\nc()\n${fence}\n`
  expect(extractExamples(page)).toEqual([
    { name: 'publisher', code: 'a()\n', runs: true },
    { name: 'line-13', code: 'b()\n', runs: false },
    { name: 'line-18', code: 'c()\n', runs: true },
  ])
})

test('imports become require, and await goes into a function', () => {
  expect(toCommonJs("import { a, b } from 'x'\n\nawait a(b)\n")).toBe(
    "void (async () => {\nconst { a, b } = require('x')\n\nawait a(b)\n})()\n",
  )
})

test('a default import can not be turned into require', () => {
  expect(() => toCommonJs("import a from 'x'\n")).toThrow('Only named imports')
})

test('an example prints what stands in comments behind its calls of console.log', () => {
  expect(printedBy("console.log('a') // a\nconsole.log(b)\nc() // c\nconsole.log(1, f(2)) // 1 2\n")).toEqual([
    'a',
    '1 2',
  ])
})

test('examples that subscribe at a Redis pass the name of their service, which `status` shows', async () => {
  const calls = [...(await readmeExamples()), ...(await docsExamples())].flatMap(({ name, code }) =>
    Array.from(code.matchAll(/InvalidationSubscriber\.connect\((.*)\)/g), ([, args = '']) => ({ name, args })),
  )
  const onRedis = calls.filter(({ args }) => !/^log\b/.test(args))
  expect(onRedis.map(({ name }) => name)).toContain('subscriber')
  expect(onRedis.filter(({ args }) => !args.includes('service'))).toEqual([])
})

test('the README says which file names the quick start needs before it shows the first example', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const [, quickStart = ''] = readme.split('## Quick start')
  const [before = ''] = quickStart.split('<!-- example: subscriber -->')
  expect(before).toContain('subscriber.mjs')
  expect(before).toContain('"type": "module"')
})
