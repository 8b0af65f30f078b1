import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { RunningScript } from '../../support/running-script.js'

const unending = fileURLToPath(new URL('unending-program.ts', import.meta.url))
const wordy = fileURLToPath(new URL('wordy-program.ts', import.meta.url))

test('signals within a second are one press of Ctrl-C, and a later one ends a program that goes on', async () => {
  const program = new RunningScript(unending, { imports: ['tsx'], timeoutMs: 10_000 })
  await program.says(/running/)
  program.signal('SIGINT')
  await program.says(/Stopped by SIGINT/)
  const stoppedAt = performance.now()
  const presses = setInterval(() => program.signal('SIGINT'), 50)
  const { code, stderr } = await program.ended().finally(() => clearInterval(presses))
  expect(code).toBe(130)
  expect(performance.now() - stoppedAt).toBeGreaterThan(500)
  expect(stderr.match(/Stopped/g)).toHaveLength(1)
})

/** The program that prints a million letters, and what it says on stderr once it has handed them all over. */
function startWordy(stdout: 'pipe' | number): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', wordy], { stdio: ['ignore', stdout, 'pipe'] })
}

async function textOf(stream: Readable | null): Promise<string> {
  return stream === null ? '' : text(stream)
}

test('all that was printed reaches a reader that begins late, and the exit code is kept', async () => {
  const program = startWordy('pipe')
  const closed = once(program, 'close')
  // From here on a process that does not wait for its reader would have ended.
  if (program.stderr) await once(program.stderr, 'data')
  expect(await textOf(program.stdout)).toBe('x'.repeat(1_000_000))
  expect(await closed).toEqual([3, null])
})

test('a reader that has had enough is no failure', async () => {
  const program = startWordy('pipe')
  program.stdout?.destroy()
  const closed = once(program, 'close')
  expect(await textOf(program.stderr)).toBe('printed\n')
  expect(await closed).toEqual([3, null])
})

test.runIf(existsSync('/dev/full'))('a full disk is told, and is a failure', async () => {
  await using full = await open('/dev/full', 'w')
  const program = startWordy(full.fd)
  const closed = once(program, 'close')
  expect(await textOf(program.stderr)).toMatch(/^printed\nNot all could be printed: ENOSPC/)
  expect(await closed).toEqual([3, null])
})
