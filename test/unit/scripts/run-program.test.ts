import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { RunningScript } from '../../support/running-script.js'

const unending = fileURLToPath(new URL('unending-program.ts', import.meta.url))

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
