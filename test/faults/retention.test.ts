import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogCommands } from '../../src/log/log.js'
import { logKeys } from '../../src/log/model/keys.js'
import type { Retention } from '../../src/log/model/retention.js'
import { RedisLog } from '../../src/log/redis/redis-log.js'
import { RecordingListener } from '../support/recording-listener.js'
import { type RedisServer, startRedisServer } from '../support/redis-server.js'
import { entriesOnly } from '../support/retention.js'

const mebibyte = 1024 ** 2
const channel = 'retention'
const { stream, last } = logKeys(channel)

let server: RedisServer
let admin: Redis
let opened: LogCommands[]

beforeEach(async () => {
  server = await startRedisServer()
  admin = new Redis(server.url)
  opened = []
})

afterEach(async () => {
  await Promise.all(opened.map((commands) => commands.close()))
  admin.disconnect()
  await server.stop()
})

async function open(url = server.url, listener = new RecordingListener()): Promise<LogCommands> {
  const commands = new RedisLog(url, { channel }).openCommands(listener)
  opened.push(commands)
  await commands.opened()
  return commands
}

async function used(): Promise<number> {
  return Number(await admin.call('MEMORY', 'USAGE', stream, 'SAMPLES', '0'))
}

const keeping = (maxBytes: number): Retention => ({ ...entriesOnly(1_000_000), maxBytes })
let appends = 0

function append(commands: LogCommands, size: number, retention: Retention, filling = 'y'): Promise<unknown> {
  return commands.append(`append${appends++}`, `{"x":"${filling.repeat(size)}"}`, retention)
}

/** Phases of one size, and entries of all sizes; no test draws by chance. */
const sizes: readonly (readonly [name: string, sizeOf: (index: number) => number])[] = [
  ['lone messages', () => 220],
  ['frames of 2 to 5 KiB', (index) => 2_000 + ((index * 977) % 3_000)],
  ['frames of 64 KiB', () => 65_000],
  ['frames of 256 KiB', () => 260_000],
  ['any sizes', (index) => [10, 220, 3_000, 65_000, 260_000][(index * 7) % 5] ?? 0],
  ['large frames, then small ones', (index) => (index % 4_000 < 200 ? 65_000 : 300)],
]

describe('maxBytes', () => {
  it.each(
    sizes.flatMap(([name, sizeOf]) =>
      [1, 4].flatMap((MiB) => [1, 20].map((writers) => ({ name, sizeOf, MiB, writers }))),
    ),
  )('bounds the memory of $name with $writers writers to $MiB MiB', async ({ sizeOf, MiB, writers }) => {
    const maxBytes = MiB * mebibyte
    const fleet = await Promise.all(Array.from({ length: writers }, () => open()))
    const measured: number[] = []
    let total = 0
    let largest = 0
    for (let index = 0; total < 4 * maxBytes;) {
      const batch = fleet.flatMap((commands) =>
        Array.from({ length: Math.max(1, Math.floor(20 / writers)) }, () => {
          const size = sizeOf(index++)
          total += size + 100
          largest = Math.max(largest, size)
          return append(commands, size, keeping(maxBytes))
        }),
      )
      await Promise.all(batch)
      if (total > maxBytes) measured.push(await used())
    }
    expect(Math.max(...measured)).toBeLessThan(1.1 * maxBytes + 1.3 * largest)
    expect(Math.max(...measured.slice(measured.length / 2))).toBeGreaterThan(0.75 * maxBytes - 1.3 * largest)
  })

  it('bounds the memory of 20 writers of mixed sizes to the default of 64 MiB', { timeout: 60_000 }, async () => {
    const maxBytes = 64 * mebibyte
    const fleet = await Promise.all(Array.from({ length: 20 }, () => open()))
    const mixed = [220, 3_000, 65_000, 10_000, 220, 40_000]
    let most = 0
    let index = 0
    for (let total = 0; total < 2.2 * maxBytes;) {
      const batch = fleet.map((commands) => {
        const size = mixed[index++ % mixed.length] ?? 0
        total += size + 100
        return append(commands, size, keeping(maxBytes))
      })
      await Promise.all(batch)
      if (total > maxBytes) most = Math.max(most, await used())
    }
    expect(most).toBeLessThan(1.1 * maxBytes + 65_000)
    expect(most).toBeGreaterThan(0.9 * maxBytes)
  })

  it('bounds the memory of texts beyond ASCII with 20 writers', async () => {
    const maxBytes = 2 * mebibyte
    const fleet = await Promise.all(Array.from({ length: 20 }, () => open()))
    let most = 0
    for (let total = 0; total < 12 * maxBytes;) {
      // Three bytes each, and one unit of UTF-16.
      await Promise.all(fleet.map((commands) => append(commands, 2_000, keeping(maxBytes), '語')))
      total += fleet.length * 6_000
      most = Math.max(most, await used())
    }
    expect(most).toBeLessThan(1.1 * maxBytes + 6_100)
    expect(most).toBeGreaterThan(0.8 * maxBytes)
  })

  it('is measured once in each 64th of it that is appended, by the bytes of texts beyond ASCII', async () => {
    const commands = await open()
    // 24,000,000 bytes, and a third as many units of UTF-16.
    for (let index = 0; index < 400; index++) await append(commands, 20_000, keeping(64 * mebibyte), '語')
    const stats = await admin.info('commandstats')
    const measured = Number(/cmdstat_memory(?:\|usage)?:calls=(\d+)/.exec(stats)?.[1])
    expect(measured).toBeGreaterThan(20)
    expect(measured).toBeLessThan(27)
  })

  it('trims a log that an earlier version let grow far beyond, with the first append', async () => {
    const commands = await open()
    for (let i = 0; i < 20; i++) {
      await Promise.all(Array.from({ length: 50 }, () => append(commands, 65_000, entriesOnly(1_000_000))))
    }
    expect(await used()).toBeGreaterThan(60 * mebibyte)
    await append(await open(), 200, keeping(4 * mebibyte))
    expect(await used()).toBeLessThan(4 * mebibyte)
    expect(await used()).toBeGreaterThan(3 * mebibyte)
  })

  it('keeps the newest entry, whatever its size', async () => {
    const commands = await open()
    for (let i = 0; i < 3; i++) {
      await append(commands, 3 * mebibyte, keeping(mebibyte))
      expect(await admin.xlen(stream)).toBe(1)
    }
  })

  it('keeps the newest entry when less than a node of the stream is too much', async () => {
    const commands = await open()
    for (let i = 0; i < 10; i++) {
      await append(commands, 200, keeping(1_024))
      expect((await admin.xrevrange(stream, '+', '-', 'COUNT', 1))[0]?.[1]).toContain(`append${appends - 1}`)
    }
  })

  it('applies the smaller limit of two publishers', async () => {
    const small = await open()
    const large = await open()
    for (let i = 0; i < 100; i++) {
      await Promise.all([append(small, 65_000, keeping(mebibyte)), append(large, 65_000, keeping(16 * mebibyte))])
    }
    expect(await used()).toBeLessThan(1.3 * mebibyte)
  })

  it('is applied by the marker of a subscription', async () => {
    const commands = await open()
    for (let index = 0; index < 60; index++) await append(commands, 65_000, entriesOnly(1_000_000))
    expect(await used()).toBeGreaterThan(3 * mebibyte)
    // The head of another log: the subscription must append a marker.
    await admin.set(last, 'other')
    const anchor = await commands.anchor('marker', keeping(mebibyte))
    expect(anchor?.position.appendId).toBe('marker')
    expect(await used()).toBeLessThan(mebibyte)
    expect(await used()).toBeGreaterThan(mebibyte / 2)
  })

  it('is not kept without the right to measure: appends succeed, and one warning names the right', async () => {
    await admin.call('ACL', 'SETUSER', 'blind', 'on', '>secret', '~*', '&*', '+@all', '-memory')
    const warnings: string[] = []
    const listener = Object.assign(new RecordingListener(), { onWarning: (text: string) => warnings.push(text) })
    const url = server.url.replace('redis://', 'redis://blind:secret@')
    const commands = await open(url, listener)
    for (let i = 0; i < 60; i++) await append(commands, 65_000, keeping(mebibyte))
    expect(await admin.xlen(stream)).toBe(60)
    expect(warnings.filter((text) => text.includes('MEMORY USAGE'))).toHaveLength(1)
  })

  it('is not kept by a marker without the right to measure, and one warning says so', async () => {
    await admin.call('ACL', 'SETUSER', 'blind', 'on', '>secret', '~*', '&*', '+@all', '-memory')
    const warnings: string[] = []
    const listener = Object.assign(new RecordingListener(), { onWarning: (text: string) => warnings.push(text) })
    const commands = await open(server.url.replace('redis://', 'redis://blind:secret@'), listener)
    for (const marker of ['marker-1', 'marker-2']) {
      await admin.set(last, 'other')
      expect((await commands.anchor(marker, keeping(mebibyte)))?.position.appendId).toBe(marker)
    }
    expect(warnings.filter((text) => text.includes('MEMORY USAGE'))).toHaveLength(1)
    // Without a limit of bytes nothing is measured, so nothing is refused.
    const unlimited = new RecordingListener()
    const quiet: string[] = []
    const other = await open(
      server.url.replace('redis://', 'redis://blind:secret@'),
      Object.assign(unlimited, { onWarning: (text: string) => quiet.push(text) }),
    )
    await admin.set(last, 'other')
    await other.anchor('marker-3', entriesOnly(1_000))
    expect(quiet).toEqual([])
  })
})

it.each([
  ['maxBytes', keeping(mebibyte)],
  ['maxAgeMs', { ...entriesOnly(1_000), maxAgeMs: 60_000 }],
])('%s is not kept without the right to XINFO, and one warning says so', async (_name, retention) => {
  await admin.call('ACL', 'SETUSER', 'uninformed', 'on', '>secret', '~*', '&*', '+@all', '-xinfo')
  const warnings: string[] = []
  const listener = Object.assign(new RecordingListener(), { onWarning: (text: string) => warnings.push(text) })
  const commands = await open(server.url.replace('redis://', 'redis://uninformed:secret@'), listener)
  for (let i = 0; i < 60; i++) await append(commands, 65_000, retention)
  await commands.trim(retention)
  await commands.trim(retention)
  expect(await admin.xlen(stream)).toBe(60)
  expect(warnings.filter((text) => text.includes('XINFO STREAM'))).toHaveLength(1)
})

describe('maxAgeMs', () => {
  it('is not kept with the beat without the right to TIME, and one warning says so', async () => {
    await admin.call('ACL', 'SETUSER', 'timeless', 'on', '>secret', '~*', '&*', '+@all', '-time')
    const warnings: string[] = []
    const listener = Object.assign(new RecordingListener(), { onWarning: (text: string) => warnings.push(text) })
    const commands = await open(server.url.replace('redis://', 'redis://timeless:secret@'), listener)
    await append(commands, 10, keeping(mebibyte))
    await commands.trim(aged)
    await commands.trim(aged)
    expect(warnings.filter((text) => text.includes('TIME'))).toHaveLength(1)
  })

  const aged: Retention = { ...entriesOnly(1_000), maxAgeMs: 60_000 }
  const longAgo = (seconds: number): string => `${Date.now() - seconds * 1_000}-0`

  it('drops what is too old with an append', async () => {
    for (const seconds of [90, 70, 50])
      await admin.xadd(stream, longAgo(seconds), 'a', `old${seconds}`, 'p', '', 'm', '{}')
    await append(await open(), 10, aged)
    expect(await admin.xlen(stream)).toBe(2)
  })

  it('drops what is too old with a trim, and keeps the newest entry', async () => {
    for (const seconds of [90, 80, 70])
      await admin.xadd(stream, longAgo(seconds), 'a', `old${seconds}`, 'p', '', 'm', '{}')
    const commands = await open()
    await commands.trim(aged)
    expect(await admin.xlen(stream)).toBe(1)
    await commands.trim(aged)
    expect(await admin.xlen(stream)).toBe(1)
  })

  it('drops what is too old with the marker of a subscription, and keeps the marker', async () => {
    for (const seconds of [90, 80, 70])
      await admin.xadd(stream, longAgo(seconds), 'a', `old${seconds}`, 'p', '', 'm', '{}')
    const commands = await open()
    expect((await commands.anchor('marker', aged))?.position.appendId).toBe('marker')
    expect(await admin.xlen(stream)).toBe(1)
  })

  it('keeps the newest entry when the clock went back', async () => {
    await admin.xadd(stream, longAgo(-3_600), 'a', 'ahead', 'p', '', 'm', '{}')
    const commands = await open()
    await append(commands, 10, aged)
    await commands.trim(aged)
    expect(await admin.xlen(stream)).toBe(2)
  })
})
