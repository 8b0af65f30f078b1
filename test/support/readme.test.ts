import { expect, test } from 'vitest'
import { extractExamples, printedBy, toCommonJs } from './readme.js'

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
