import type { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { Runtime } from '../support/runtime.js'
import type { ExitCode } from './exit-codes.js'
import { addConnectionOptions, type ConnectionFlags, type LogTarget, resolveConnection } from './log-connection.js'
import type { Output, OutputStream } from './output.js'

/** A stream that may be a terminal. */
export type InputStream = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }

/** What a command line has around it. */
export interface Surroundings {
  readonly stdin: InputStream
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly runtime: Runtime
  /** Aborted by Ctrl-C: what runs then ends. */
  readonly signal: AbortSignal
}

/** What a command is given. */
export interface CommandSession extends Pick<Surroundings, 'stdin' | 'stderr' | 'runtime' | 'signal'> {
  readonly connection: LogTarget
  readonly output: Output
}

/** Runs a command's task. What it rejects with is printed, and decides the exit code. */
export type RunTask = (task: (session: CommandSession) => Promise<ExitCode>) => Promise<void>

/** Adds a command to the program, or to a command above it. */
export type RegisterCommand = (parent: Command, run: RunTask) => void

/** What they say. */
export interface GlobalFlags extends ConnectionFlags {
  readonly json?: boolean
  readonly color: boolean
}

/** The options of every command. */
export function addGlobalOptions(program: Command): void {
  addConnectionOptions(program)
  program
    .option('--json', 'print JSON, one object a line')
    .option('--no-color', 'no colours; they are only shown on a terminal anyway')
}

/**
 * What the global options that were given make of the surroundings.
 *
 * @throws UsageError where they do not go together
 */
export function openCommandSession(flags: GlobalFlags, output: Output, surroundings: Surroundings): CommandSession {
  const { stdin, stderr, runtime, signal, env } = surroundings
  return {
    stdin,
    stderr,
    runtime,
    signal,
    connection: resolveConnection(flags, env),
    output,
  }
}
