import { printedBy, quickStartLines, readmeExamples, unexpectedLines } from '../support/readme.js'
import { RunningScript } from '../support/running-script.js'
import type { Place } from './cell.js'

/** How to run a file: a Node by default. */
export interface Runner {
  readonly executable?: string
  /** Before the file. */
  readonly args?: readonly string[]
  readonly cwd?: string
}

const timeoutMs = 60_000

export const exampleNames = ['subscriber', 'publisher', 'cache'] as const

/** The two examples of the README's quick start, and that of its cache. */
export async function quickStart(): Promise<Readonly<Record<(typeof exampleNames)[number], string>>> {
  const examples = await readmeExamples()
  const codeOf = (wanted: string): string => {
    const found = examples.find(({ name }) => name === wanted)
    if (found === undefined) throw new Error(`Expected the README to have an example ${wanted}`)
    return found.code
  }
  return { subscriber: codeOf('subscriber'), publisher: codeOf('publisher'), cache: codeOf('cache') }
}

/** The same with a function around its `await`, for a compiler that writes CommonJS. */
export function withoutTopLevelAwait(code: string): string {
  const imports = code.match(/^import .*\n/gm) ?? []
  return `${imports.join('')}void (async () => {\n${code.replaceAll(/^import .*\n/gm, '')}})()\n`
}

/** Runs the three files, and checks what the subscriber and the cache print. */
export async function runQuickStart(
  place: Place,
  fileOf: (name: string) => string,
  runner: Runner = {},
): Promise<void> {
  const { executable = process.execPath, args = [], cwd = place.project.dir } = runner
  const start = (name: string): RunningScript => {
    const [first, ...others] = [...args, fileOf(name)]
    return new RunningScript(first ?? '', {
      args: others,
      cwd,
      env: { REDIS_URL: place.redis.url, NO_COLOR: '1' },
      node: executable,
      timeoutMs,
    })
  }
  const subscriber = start('subscriber')
  try {
    await subscriber.printed(quickStartLines.first)
    await start('publisher').succeeded()
    await subscriber.printed(quickStartLines.last)
    const unexpected = unexpectedLines(subscriber.lines).join('\n')
    if (unexpected !== '') throw new Error(`The subscriber printed:\n${unexpected}`)
    const cache = start('cache')
    await cache.succeeded()
    const expected = printedBy((await quickStart()).cache).join('\n')
    if (expected === '' || cache.lines.join('\n') !== expected)
      throw new Error(`Expected the cache to print:\n${expected}\n\nIt printed:\n${cache.lines.join('\n')}`)
  } finally {
    await subscriber.kill()
  }
}
