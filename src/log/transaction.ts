import { readList } from './replies.js'

/** A command and its arguments. */
export type Command = readonly [name: string, ...args: string[]]

/** Runs commands as one atomic step; resolves with their replies, null for one that found no such key. */
export async function transaction(
  call: (command: string, ...args: string[]) => Promise<unknown>,
  failureOf: (command: string, reply: Error) => Error,
  ...commands: readonly Command[]
): Promise<readonly unknown[]> {
  // Sent in one turn, so that nobody else's command comes between; faster than ioredis' multi(), and than a script.
  const sent = [['multi'] as const, ...commands, ['exec'] as const].map(([name, ...args]) => call(name, ...args))
  const replies = readList((await Promise.all(sent)).at(-1))
  return commands.map(([name], index) => {
    const reply = replies[index]
    if (!(reply instanceof Error)) return reply
    if (reply.message.includes('no such key')) return null
    throw failureOf(name, reply)
  })
}
