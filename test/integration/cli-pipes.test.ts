import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { within } from '../support/latch.js'
import { LiveFleet } from '../support/live-fleet.js'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const deadlineMs = 20_000
/** What no command that only reads has to report. */
const alarm = /warning|error|abort|fail|lost|closed/i

const readers = [
  'tail --since 1h',
  'tail --since 1h --json',
  'replay --from 1h',
  'replay --from 1h --json',
  'replay --from 1h --exec cat',
  'status --json --watch 1',
]

let fleet: LiveFleet
let child: ChildProcess | undefined

beforeAll(async () => {
  fleet = await LiveFleet.start()
  const publisher = await fleet.publisher()
  // In an entry of its own: `tail` prints it before it subscribes, so a reader of one line has gone by then.
  await publisher.invalidate('user', 'first')
  // More than a pipe holds, and than a stream keeps before it asks its writer to wait.
  const metadata = 'x'.repeat(1_000)
  const ids = Array.from({ length: 1_000 }, (_, index) => String(index))
  await Promise.all(
    ids.map((entityId) => publisher.publish({ action: 'delete', entityType: 'user', entityId, metadata })),
  )
})

afterEach(() => child?.kill('SIGKILL'))

afterAll(() => fleet.stop())

/** Runs a program whose `"$@"` is the command; resolves to what was written to stderr when all of it has ended. */
async function stderrOf(script: string, line: string): Promise<string> {
  const args = ['-c', script, 'sh', process.execPath, '--import', 'tsx', main, ...line.split(' ')]
  const started = spawn('sh', [...args, '--channel', fleet.channel], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, REDIS_URL: fleet.server.url },
  })
  child = started
  let stderr = ''
  started.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  started.stdout.resume()
  await within(once(started, 'close'), deadlineMs, () => `the end of ${line}, after: ${stderr}`)
  return stderr
}

test.each(readers)('`%s` ends with 130 and reports nothing when the reader of its output has gone', async (line) => {
  const stderr = await stderrOf('{ "$@"; echo "exit code $?" >&2; } | head -n 1', line)
  expect(stderr).toContain('exit code 130')
  expect(stderr).not.toMatch(alarm)
})

test.each(['status', 'doctor', 'dead list'])('`%s` reports nothing when its reader has gone before', async (line) => {
  expect(await stderrOf('"$@" | true', line)).not.toMatch(alarm)
})

test.each(readers)('`%s` ends with 130 and reports nothing on Ctrl-C while its reader takes its time', async (line) => {
  const args = ['--import', 'tsx', main, ...line.split(' '), '--channel', fleet.channel]
  const started = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, REDIS_URL: fleet.server.url },
  })
  child = started
  let stderr = ''
  started.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const closed = once(started, 'close')
  await within(once(started.stdout, 'readable'), deadlineMs, () => `output of ${line}, after: ${stderr}`)
  started.kill('SIGINT')
  started.stdout.resume()
  await within(closed, deadlineMs, () => `the end of ${line}, after: ${stderr}`)
  expect(started.exitCode).toBe(130)
  expect(stderr).not.toMatch(alarm)
})
