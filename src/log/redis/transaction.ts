import { replyCode } from './errors.js'
import { readList } from './replies.js'

/** A command and its arguments. */
export type Command = readonly [name: string, ...args: string[]]

/** How commands are sent. */
export interface TransactionContext {
  /** Sends a command to the server that is connected to, and to no other. */
  readonly call: (command: string, ...args: string[]) => Promise<unknown>
  /** Runs the commands in a script. */
  readonly callInScript: (commands: readonly Command[]) => Promise<unknown>
  readonly failureOf: (command: string, reply: Error) => Error
}

/**
 * Runs commands that only read as one atomic step; resolves with their replies, null for one that found no such key.
 */
export async function transaction(
  context: TransactionContext,
  ...commands: readonly Command[]
): Promise<readonly unknown[]> {
  const replies = readList(await execute(context, commands))
  return commands.map(([name], index) => {
    const reply = replies[index]
    if (!(reply instanceof Error)) return reply
    if (reply.message.includes('no such key')) return null
    throw context.failureOf(name, reply)
  })
}

async function execute({ call, callInScript }: TransactionContext, commands: readonly Command[]): Promise<unknown> {
  // Sent in one turn, so that nobody else's command comes between; faster than ioredis' multi(), and than a script.
  const sent = [['multi'] as const, ...commands, ['exec'] as const].map(([name, ...args]) => call(name, ...args))
  try {
    return (await Promise.all(sent)).at(-1)
  } catch (error) {
    // A server whose memory is full (`maxmemory`) queues no command, not even one that reads; a script may read. And a
    // script is one call, which can be sent on whole to the node that the keys are on their way to.
    const code = replyCode(error)
    if (code !== 'OOM' && code !== 'ASK') throw error
    return callInScript(commands)
  }
}
