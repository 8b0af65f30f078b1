import { readFile } from 'node:fs/promises'

/** A code block of the README. */
export interface Example {
  /** What the comment before it says, `<!-- example: NAME -->`; else where it stands, `line-12`. */
  readonly name: string
  readonly code: string
  /** False after `<!-- example: not run -->`: then it is compiled only. */
  readonly runs: boolean
}

/** The blocks marked `ts` or `js`, in order. */
export async function readmeExamples(): Promise<Example[]> {
  return extractExamples(await readFile(new URL('../../README.md', import.meta.url), 'utf8'))
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
