import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { LogCommands } from '../log/log.js'
import { formatPosition } from '../log/model/position.js'
import type { InvalidationMessage } from '../message/message.js'
import { isBytes } from '../support/realms.js'
import { examples, filledText } from './arguments.js'
import type { CommandSession, RunTask } from './command-session.js'
import { type ExitCode, exitCodes } from './exit-codes.js'
import { formatCount, printableJson, timeOfStreamId } from './format.js'
import { withCommands } from './log-connection.js'
import { addFilterOptions, type FilterFlags, messageFilter } from './message-filter.js'
import { messagesOf, type PrintedMessage, printedMessage, printMessage } from './message-line.js'
import { parseRange, type Range } from './points.js'
import { readRange, warnOfGap, warnOfTrimmed } from './read-range.js'

interface ReplayFlags extends FilterFlags {
  readonly from: string
  readonly to?: string
  readonly exec?: string
  readonly keepGoing?: boolean
}

export function registerReplay(parent: Command, run: RunTask): void {
  const replay = parent
    .command('replay')
    .description('Read again what was published between two points: print it, or hand each message to a command.')
    .requiredOption(
      '--from <point>',
      'how long ago (10m, 2h, 1.5d), a time, a stream ID or a position; 0 is the beginning',
    )
    .option('--to <point>', 'the same, inclusive (default: the end of the log)')
  addFilterOptions(replay)
    .option(
      '--exec <command>',
      'run this in a shell for each message, one at a time, with the message as JSON on stdin',
      filledText,
    )
    .option('--keep-going', 'go on where a command of --exec fails')
    .addHelpText(
      'after',
      examples(
        'replay --from 1h --type user',
        'replay --from 2026-11-22T10:00:00Z --to 2026-11-22T10:05:00Z --json',
        "replay --from 10m --key 'feed:*' --exec 'curl -sf --json @- http://localhost:8080/evict'",
      ),
    )
    .action((flags: ReplayFlags) =>
      run((session) => {
        const range = parseRange(flags.from, flags.to, session.runtime.now())
        return withCommands(session, (commands) => new Replay(session, flags).run(commands, range))
      }),
    )
}

/** One run of the command, and what it has counted. */
class Replay {
  readonly #session: CommandSession
  readonly #flags: ReplayFlags
  #entries = 0
  #messages = 0
  #failed = 0
  #gaps = 0
  #unreadable = 0

  constructor(session: CommandSession, flags: ReplayFlags) {
    this.#session = session
    this.#flags = flags
  }

  async run(commands: LogCommands, range: Range): Promise<ExitCode> {
    const { output } = this.#session
    await warnOfTrimmed(commands, range.from, output)
    await this.#readAll(commands, range)
    const failed = this.#failed === 0 ? '' : `, ${formatCount(this.#failed, 'command', 'commands')} failed`
    output.note(
      `replayed ${formatCount(this.#messages, 'message', 'messages')}, read ${formatCount(this.#entries, 'entry', 'entries')}${failed}`,
    )
    return this.#failed + this.#gaps + this.#unreadable === 0 ? exitCodes.ok : exitCodes.failure
  }

  async #readAll(commands: LogCommands, range: Range): Promise<void> {
    const { output } = this.#session
    const isMeant = messageFilter(this.#flags)
    const entries = readRange(commands, range, (after, before) => {
      this.#gaps++
      warnOfGap(output, after, before)
    })
    for await (const entry of entries) {
      const { streamId } = entry.position
      this.#entries++
      for (const message of messagesOf(entry, output, () => this.#unreadable++).filter(isMeant)) {
        if (!(await this.#hand(message, formatPosition(entry.position)))) return
      }
      output.progress(() => `${formatCount(this.#entries, 'entry', 'entries')} read, up to ${timeOfStreamId(streamId)}`)
    }
  }

  /** Whether to go on. */
  async #hand(message: InvalidationMessage, position: string): Promise<boolean> {
    const failure = await this.#deliver(printedMessage(message, { position }))
    if (failure === undefined) {
      this.#messages++
      return true
    }
    const { keepGoing = false } = this.#flags
    const goOn = keepGoing ? '' : `; --from ${position} begins with it again`
    this.#failed++
    this.#session.output.fail(`the command ${failure} for message ${message.messageId}${goOn}`)
    return keepGoing
  }

  /** Resolves to how it failed, if it did. */
  async #deliver(message: PrintedMessage): Promise<string | undefined> {
    const { exec } = this.#flags
    if (exec !== undefined) return runForMessage(exec, message, this.#session)
    await printMessage(this.#session.output, message)
    return undefined
  }
}

/**
 * Runs a command in a shell with a message as JSON on its stdin; what it prints goes where ours goes. Resolves to how
 * it failed, if it did.
 */
async function runForMessage(
  command: string,
  message: PrintedMessage,
  { output, stderr, signal }: Pick<CommandSession, 'output' | 'stderr' | 'signal'>,
): Promise<string | undefined> {
  const child = spawn(command, { shell: true, stdio: 'pipe', signal })
  // A command need not read its message: what matters is how it ends.
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${printableJson(message)}\n`)
  await Promise.all([
    once(child, 'close'),
    forward(child.stdout, (chunk) => output.write(chunk)),
    forward(child.stderr, (chunk) => {
      output.clearProgress()
      stderr.write(chunk)
    }),
  ])
  if (child.exitCode === 0) return undefined
  return child.signalCode === null ? `ended with ${child.exitCode ?? 'nothing'}` : `was ended by ${child.signalCode}`
}

async function forward(from: Readable, write: (chunk: Uint8Array) => Promise<void> | void): Promise<void> {
  for await (const chunk of from) if (isBytes(chunk)) await write(chunk)
}
