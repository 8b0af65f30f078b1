import { readFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'

/** A function of `src` that ran. */
export interface RanFunction {
  /** Its file, below `src`. */
  readonly file: string
  /** As V8 names it; `(anonymous)` for one without a name. */
  readonly name: string
  /** Where it begins in its file, from 1. */
  readonly line: number
}

const src = new URL('../../../src/', import.meta.url).href

/**
 * Counts calls in this process, from its creation on. The sources must run with their types replaced by spaces, as Node
 * runs them: only then do V8's positions hold in the files.
 */
export class Coverage {
  readonly #session = new Session()
  readonly #texts = new Map<string, string>()

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Each function of `src` that was called since the last time, in no order. Synchronous: nothing runs meanwhile. */
  take(): RanFunction[] {
    return this.#called().flatMap(({ url, functions }) =>
      url.startsWith(src) ? functions.filter(isCalled).map((called) => this.#describe(url, called)) : [],
    )
  }

  #called(): Profiler.ScriptCoverage[] {
    let taken: Profiler.ScriptCoverage[] | undefined
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error) throw error
      taken = result
    })
    // An inspector of the same thread answers before `post` returns.
    if (!taken) throw new Error('Expected the inspector to answer at once')
    return taken
  }

  #describe(url: string, { functionName, ranges }: Profiler.FunctionCoverage): RanFunction {
    const before = this.#textOf(url).slice(0, ranges[0]?.startOffset)
    return {
      file: url.slice(src.length),
      name: functionName === '' ? '(anonymous)' : functionName,
      line: before.split('\n').length,
    }
  }

  #textOf(url: string): string {
    const text = this.#texts.get(url) ?? readFileSync(fileURLToPath(url), 'utf8')
    this.#texts.set(url, text)
    return text
  }
}

function isCalled({ ranges: [whole] }: Profiler.FunctionCoverage): boolean {
  return whole !== undefined && whole.count > 0
}
