import { Readable, Writable } from 'node:stream'
import { main } from '../../src/cli/command-line.js'
import type { Surroundings } from '../../src/cli/command-session.js'
import type { ExitCode } from '../../src/cli/exit-codes.js'
import { systemRuntime } from '../../src/support/runtime.js'
import { within } from './latch.js'

export interface CommandOptions {
  readonly env?: Surroundings['env']
  readonly runtime?: Surroundings['runtime']
  /** What stdin says. Default: nothing. */
  readonly stdin?: string
  /** Which streams are terminals. Default: none. */
  readonly terminals?: readonly ('stdin' | 'stdout' | 'stderr')[]
}

export interface CommandResult {
  readonly exitCode: ExitCode
  readonly stdout: string
  readonly stderr: string
}

/** A command line run in this process, with streams of its own. */
export class RunningCommand {
  readonly #interruption = new AbortController()
  readonly #exitCode: Promise<ExitCode>
  #waiting: (() => void)[] = []
  readonly #objects: unknown[] = []
  /** The end of stdout that is not among the objects yet. */
  #unparsed = ''
  stdout = ''
  stderr = ''

  constructor(
    args: readonly string[],
    { env = {}, runtime = systemRuntime, stdin = '', terminals = [] }: CommandOptions,
  ) {
    const isTerminal = (name: (typeof terminals)[number]): { isTTY: boolean } => ({ isTTY: terminals.includes(name) })
    this.#exitCode = main(args, {
      env,
      runtime,
      signal: this.#interruption.signal,
      stdin: Object.assign(Readable.from(stdin === '' ? [] : [stdin]), isTerminal('stdin')),
      stdout: Object.assign(
        this.#collect((text) => {
          this.stdout += text
          this.#unparsed += text
        }),
        isTerminal('stdout'),
      ),
      stderr: Object.assign(
        this.#collect((text) => (this.stderr += text)),
        isTerminal('stderr'),
      ),
    })
  }

  /** What was printed, line by line, as JSON. Each is parsed once: it may be asked for after every line of thousands. */
  get objects(): readonly unknown[] {
    const end = this.#unparsed.lastIndexOf('\n') + 1
    const lines = this.#unparsed.slice(0, end).split('\n')
    this.#unparsed = this.#unparsed.slice(end)
    this.#objects.push(...lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line)))
    return this.#objects
  }

  /** Resolves when what was printed so far passes a test. */
  printed(isEnough: (command: RunningCommand) => boolean, timeoutMs = 10_000): Promise<void> {
    return within(
      this.#until(isEnough),
      timeoutMs,
      () => `what was to be printed, after:\n${this.stdout}${this.stderr}`,
    )
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#interruption.abort()
  }

  async ended(timeoutMs = 15_000): Promise<CommandResult> {
    const exitCode = await within(
      this.#exitCode,
      timeoutMs,
      () => `the end of the command, after:\n${this.stdout}${this.stderr}`,
    )
    return { exitCode, stdout: this.stdout, stderr: this.stderr }
  }

  #collect(take: (text: string) => void): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        take(chunk.toString())
        for (const wake of this.#waiting.splice(0)) wake()
        done()
      },
    })
  }

  async #until(isEnough: (command: RunningCommand) => boolean): Promise<void> {
    while (!isEnough(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

/** Runs a command line to its end. */
export function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return new RunningCommand(args, options).ended()
}
