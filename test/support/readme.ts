import { readFile } from 'node:fs/promises'

/** A code block of the README or of the docs. */
export interface Example {
  /** What the comment before it says, `<!-- example: NAME -->`; else where it stands, `line-12`. */
  readonly name: string
  readonly code: string
  /** False after `<!-- example: not run -->`: then it is compiled only. */
  readonly runs: boolean
}

/** The blocks of the README marked `ts` or `js`, in order. */
export function readmeExamples(): Promise<Example[]> {
  return examplesOf('README.md')
}

/** Those of the docs; their names begin with the page's. */
export async function docsExamples(): Promise<Example[]> {
  const pages = ['guide', 'cache', 'topologies'].map(async (page) => {
    const examples = await examplesOf(`docs/${page}.md`)
    return examples.map((example) => ({ ...example, name: `${page}-${example.name}` }))
  })
  return (await Promise.all(pages)).flat()
}

export async function examplesOf(page: string): Promise<Example[]> {
  return extractExamples(await readFile(new URL(`../../${page}`, import.meta.url), 'utf8'))
}

export function extractExamples(markdown: string): Example[] {
  const blocks = markdown.matchAll(/(?:<!-- example: ([^\n]+) -->\n+)?^```[tj]s\n(.*?)^```$/gms)
  return [...blocks].map((block) => {
    const line = markdown.slice(0, block.index).split('\n').length
    const [, label, code = ''] = block
    const runs = label !== 'not run'
    return { name: label !== undefined && runs ? label : `line-${line}`, code, runs }
  })
}

/** The same code as a CommonJS module: `require` for `import`, and a function around it for its `await`. */
export function toCommonJs(code: string): string {
  const required = code.replaceAll(/^import (\{[^}]*\}) from ('[^']*')$/gm, 'const $1 = require($2)')
  if (/^import /m.test(required)) throw new Error(`Only named imports can be turned into require:\n${code}`)
  return `void (async () => {\n${required}})()\n`
}

/** What an example says that it prints: the comments behind its calls of `console.log`, line by line. */
export function printedBy(code: string): string[] {
  return Array.from(code.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm), ([, text = '']) => text)
}

/** What the subscriber of the quick start prints at first, and in the end, while its publisher runs. */
export const quickStartLines = { first: 'ready', last: 'cached: nothing' }

/** What it prints every second meanwhile. */
const quickStartLine = /^cached: (?:nothing|(?:user:123|post:7|feed:[12])(?: (?:post:7|feed:[12]))*)$/

/** The lines of the quick start's subscriber that it should not have printed. */
export function unexpectedLines([first, ...others]: readonly string[]): string[] {
  return [
    ...(first === quickStartLines.first ? [] : [String(first)]),
    ...others.filter((line) => !quickStartLine.test(line)),
  ]
}
