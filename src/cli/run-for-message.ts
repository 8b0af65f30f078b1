import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { PrintedMessage } from './message-line.js'
import type { Session } from './session.js'

/**
 * Runs a command in a shell with a message as JSON on its stdin; what it prints goes where ours goes. Resolves to how
 * it failed, if it did.
 */
export async function runForMessage(
  command: string,
  message: PrintedMessage,
  { output, stderr, signal }: Pick<Session, 'output' | 'stderr' | 'signal'>,
): Promise<string | undefined> {
  const child = spawn(command, { shell: true, stdio: 'pipe', signal })
  // A command need not read its message: what matters is how it ends.
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${JSON.stringify(message)}\n`)
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
  for await (const chunk of from) if (chunk instanceof Uint8Array) await write(chunk)
}
