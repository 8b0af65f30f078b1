import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { Runtime } from '../support/runtime.js'
import { printable, printableJson } from './format.js'

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }

/** The styles of the command line. */
export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

export interface OutputContext {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly runtime: Pick<Runtime, 'monotonic'>
  /** Ends a wait for a reader that is slow. */
  readonly signal: AbortSignal
}

const redrawMs = 100

const styles: readonly Style[] = ['bold', 'dim', 'red', 'yellow', 'green', 'cyan']
const styleCodes = styles.flatMap((style) => paint(true, style, ' ').split(' '))
/** A line break, and what switches a style on or off. */
const ownCodes = new RegExp(`(\n|${styleCodes.map((code) => code.replace('[', '\\[')).join('|')})`)

/** Results go to stdout; notes, errors and progress to stderr. */
export class Output {
  readonly #context: OutputContext
  /** Whether results are asked for as JSON. */
  readonly json: boolean
  /** Whether stdout is a terminal: what is read by people there, and by programs elsewhere. */
  readonly isTerminal: boolean
  readonly #wantsColour: boolean
  #progressShown = false
  #drawnAt = -Infinity

  constructor(context: OutputContext, options: { readonly json: boolean; readonly color: boolean }) {
    const { env, stdout } = context
    this.#context = context
    this.json = options.json
    this.isTerminal = stdout.isTTY === true
    this.#wantsColour = options.color && !env.NO_COLOR && env.TERM !== 'dumb'
  }

  /** How much a terminal shows, in characters; of one that does not know and says 0, what the environment says. */
  get size(): { readonly columns: number; readonly rows: number } {
    const { stdout, env } = this.#context
    return {
      columns: firstPositive(stdout.columns, env.COLUMNS) ?? 80,
      rows: firstPositive(stdout.rows, env.LINES) ?? 24,
    }
  }

  /** Styles a text for stdout, where that shows colours. */
  style(style: Style, text: string): string {
    return paint(this.#wantsColour && this.isTerminal, style, text)
  }

  /** Prints a line, or several; what they hold of others is made printable. Resolves when the reader has room for more. */
  print(line: string): Promise<void> {
    return this.write(`${printableLines(line)}\n`)
  }

  /** Prints an object as one line of JSON. */
  printJson(value: object): Promise<void> {
    return this.write(`${printableJson(value)}\n`)
  }

  /** Writes a text as it is; resolves when the reader has room for more. */
  async write(text: string | Uint8Array): Promise<void> {
    const { stdout, signal } = this.#context
    this.clearProgress()
    if (!stdout.write(text)) await once(stdout, 'drain', { signal })
  }

  /** Tells what is no result: on stderr, so that results can be piped. */
  note(text: string): void {
    this.#tell(printable(text))
  }

  warn(text: string): void {
    this.#tell(`${this.#styleNote('yellow', 'warning:')} ${printable(text)}`)
  }

  fail(text: string): void {
    this.#tell(`${this.#styleNote('red', 'error:')} ${printable(text)}`)
  }

  /** Shows how far it is, on a terminal only, in a line that the next output takes the place of. */
  progress(text: () => string): void {
    const { stderr, runtime } = this.#context
    const now = runtime.monotonic()
    if (stderr.isTTY !== true || now - this.#drawnAt < redrawMs) return
    this.#drawnAt = now
    this.clearProgress()
    stderr.write(this.#styleNote('dim', printable(text()).slice(0, (stderr.columns ?? 80) - 1)))
    this.#progressShown = true
  }

  clearProgress(): void {
    if (!this.#progressShown) return
    this.#progressShown = false
    this.#context.stderr.write('\r\u001b[K')
  }

  #tell(line: string): void {
    this.clearProgress()
    this.#context.stderr.write(`${line}\n`)
  }

  #styleNote(style: Style, text: string): string {
    return paint(this.#wantsColour && this.#context.stderr.isTTY === true, style, text)
  }
}

/** Text of lines, in which only line breaks and the styles of the command line are left to the terminal. */
function printableLines(text: string): string {
  return text
    .split(ownCodes)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('')
}

function firstPositive(...numbers: readonly (number | string | undefined)[]): number | undefined {
  return numbers.map(Number).find((number) => Number.isInteger(number) && number > 0)
}

function paint(colours: boolean, style: Style, text: string): string {
  // Whether the stream shows colours has been decided by what was handed in, not by this process' own streams.
  return colours ? styleText(style, text, { validateStream: false }) : text
}
