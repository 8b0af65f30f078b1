import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { Output, type OutputContext } from '../../../src/cli/output.js'

/** A reader that takes one write, and the next when told so. */
class SlowReader extends Writable {
  text = ''
  takeMore: () => void = () => undefined

  constructor() {
    super({ highWaterMark: 1 })
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    this.takeMore = done
  }
}

/** A reader that takes everything at once. */
class PromptReader extends Writable {
  readonly isTTY: boolean
  text = ''

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

function output(context: Partial<OutputContext>): Output {
  const runtime = { monotonic: () => 0 }
  const { signal } = new AbortController()
  const streams = { stdout: new PromptReader(false), stderr: new PromptReader(false) }
  return new Output({ ...streams, env: {}, runtime, signal, ...context }, { json: false, color: true })
}

test('who prints waits for a slow reader, so that what is not read does not pile up', async () => {
  const stdout = new SlowReader()
  let printed = false
  const printing = output({ stdout })
    .print('line')
    .then(() => (printed = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(printed).toBe(false)
  stdout.takeMore()
  await printing
  expect(stdout.text).toBe('line\n')
})

test('an interruption ends the wait for a reader that takes no more', async () => {
  const interruption = new AbortController()
  const printing = output({ stdout: new SlowReader(), signal: interruption.signal }).print('line')
  interruption.abort()
  await expect(printing).rejects.toThrow('aborted')
})

test('progress is drawn on a terminal, at most every 100 ms, and goes away with the next line', () => {
  const stderr = new PromptReader(true)
  let now = 0
  const shown = output({ stderr, runtime: { monotonic: () => now }, env: { NO_COLOR: '1' } })
  shown.progress(() => '1 read')
  now = 99
  shown.progress(() => '2 read')
  now = 100
  shown.progress(() => '3 read')
  shown.note('done')
  expect(stderr.text).toBe('1 read\r\u001b[K3 read\r\u001b[Kdone\n')
})

test('without a terminal there is no progress', () => {
  const stderr = new PromptReader(false)
  const piped = output({ stderr })
  piped.progress(() => '1 read')
  piped.note('done')
  expect(stderr.text).toBe('done\n')
})

test.each([
  { isTTY: true, env: {}, coloured: true },
  { isTTY: false, env: {}, coloured: false },
  { isTTY: true, env: { NO_COLOR: '1' }, coloured: false },
  { isTTY: true, env: { NO_COLOR: '' }, coloured: true },
  { isTTY: true, env: { TERM: 'dumb' }, coloured: false },
])('colours with a terminal $isTTY and $env: $coloured', ({ isTTY, env, coloured }) => {
  expect(output({ stdout: new PromptReader(isTTY), env }).style('red', 'x') !== 'x').toBe(coloured)
})

test.each([
  { terminal: { columns: 200, rows: 50 }, env: { COLUMNS: '100' }, size: { columns: 200, rows: 50 } },
  { terminal: { columns: 0, rows: 0 }, env: { COLUMNS: '200', LINES: '50' }, size: { columns: 200, rows: 50 } },
  { terminal: { columns: 200, rows: 0 }, env: {}, size: { columns: 200, rows: 24 } },
  { terminal: {}, env: { COLUMNS: 'wide', LINES: '' }, size: { columns: 80, rows: 24 } },
])('a terminal of $terminal with $env shows $size', ({ terminal, env, size }) => {
  expect(output({ stdout: Object.assign(new PromptReader(true), terminal), env }).size).toEqual(size)
})
