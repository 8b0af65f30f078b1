import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test(
  'the library works in a realm of its own, as in Jest and in the pool vmThreads',
  { timeout: 120_000 },
  async () => {
    const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
    const config = 'test/support/other-realm/vitest.config.ts'
    const child = spawn(process.execPath, [vitest, 'run', '--config', config], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    expect({ code, failures: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, failures: '' })
  },
)
