import { Readable, Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { CommandSession } from '../../../src/cli/command-session.js'
import { Output } from '../../../src/cli/output.js'
import { TailPrinter } from '../../../src/cli/tail-printer.js'
import { MemoryLog } from '../../../src/log/memory/memory-log.js'
import { deleteMessage } from '../../../src/message/create-message.js'
import { DEFAULT_CHANNEL } from '../../../src/support/connection-options.js'
import { systemRuntime } from '../../../src/support/runtime.js'

/** Asks its writer to wait, for ever. */
const full = (): Writable => new Writable({ highWaterMark: 1, write: () => undefined })
const failing = (): Writable =>
  new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => done(new Error('ENOSPC')) })

function sessionOf(stdout: Writable, signal: AbortSignal): CommandSession {
  const runtime = systemRuntime
  const stderr = full()
  stdout.on('error', () => undefined)
  return {
    stdin: Readable.from([]),
    stderr,
    runtime,
    signal,
    connection: { redis: 'redis://localhost', channel: DEFAULT_CHANNEL, sharded: false, tls: {} },
    output: new Output({ stdout, stderr, env: {}, runtime, signal }, { json: true, color: false }),
  }
}

const log = new MemoryLog().openCommands({
  onUp: () => undefined,
  onDown: () => undefined,
  onError: () => undefined,
  onWarning: () => undefined,
})
const message = deleteMessage('user', '1', 'test')
const delivery = { mode: 'live', position: '1-0@a', attempt: 1, signal: new AbortController().signal } as const

test('a message that waits for its reader when the command is interrupted has not failed', async () => {
  const interruption = new AbortController()
  const printer = new TailPrinter(sessionOf(full(), interruption.signal), {}, log)
  const taken = printer.take(message, delivery)
  interruption.abort()
  await expect(taken).resolves.toBeUndefined()
  await expect(printer.finished).resolves.toBeUndefined()
  await expect(printer.take(message, delivery)).resolves.toBeUndefined()
})

test('one that can not be printed while the command goes on has failed', async () => {
  const printer = new TailPrinter(sessionOf(failing(), new AbortController().signal), {}, log)
  await expect(printer.take(message, delivery)).rejects.toThrow('ENOSPC')
})
