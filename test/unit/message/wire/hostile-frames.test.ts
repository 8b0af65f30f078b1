import { describe, expect, it } from 'vitest'
import { matchesPattern } from '../../../../src/message/glob.js'
import { decodeFrame } from '../../../../src/message/wire/decode-frame.js'
import type { InvalidMessageError } from '../../../../src/support/errors.js'

const message = {
  message_id: 'm',
  timestamp: '2026-11-22T10:00:00.000Z',
  source_service: 'hostile',
  entity_type: 'User',
  entity_id: '1',
  action: 'Delete',
}

function nested(levels: number): string {
  return `${'['.repeat(levels)}${']'.repeat(levels)}`
}

/** Milliseconds that one run takes, on average of several. */
function timeOf(run: () => unknown, times: number): number {
  const startedAt = performance.now()
  for (let time = 0; time < times; time++) run()
  return (performance.now() - startedAt) / times
}

function decode(text: string): readonly InvalidMessageError[] {
  return decodeFrame(text).rejected
}

/** The largest a frame may be, and more. */
const hostile: readonly [what: string, text: string][] = [
  ['16 MiB of text', 'x'.repeat(16 * 1024 * 1024)],
  ['16 MiB of JSON', JSON.stringify({ ...message, metadata: 'x'.repeat(16 * 1024 * 1024) })],
  ['10,000 levels', nested(10_000)],
  ['10,000 levels of metadata', JSON.stringify(message).replace(/}$/, `,"metadata":${nested(10_000)}}`)],
  ['130,000 levels in a frame', `{"frame":[{"a":${nested(130_000)}},${nested(130_000)}]}`],
  ['260,000 numbers in a frame', `{"frame":[${'7,'.repeat(260_000)}7]}`],
  ['170,000 objects in a frame', `{"frame":[${'{},'.repeat(170_000)}{}]}`],
  ['100,000 keys', JSON.stringify({ ...message, entity_ids: Array(100_000).fill('a'), action: 'Batch' })],
  ['100,000 fields', `{${Array.from({ length: 40_000 }, (_, index) => `"f${index}":1`).join()}}`],
  ['256 KiB of metadata, much escaped', JSON.stringify({ ...message, metadata: '\0'.repeat(80_000) })],
]

describe('hostile text', () => {
  it.each(hostile)('of %s is refused in milliseconds, with a few errors', (_what, text) => {
    expect(decode(text).length).toBeGreaterThan(0)
    expect(decode(text).length).toBeLessThanOrEqual(1_001)
    expect(timeOf(() => decode(text), 3)).toBeLessThan(200)
  })

  it('costs no more than 1,000 of its messages that are none; good ones before that are read', () => {
    const bad = '{},'
    const good = JSON.stringify(message)
    const { messages, rejected } = decodeFrame(`{"frame":[${good},${bad.repeat(999)}${good}]}`)
    expect([messages.length, rejected.length]).toEqual([2, 999])
    const flood = decodeFrame(`{"frame":[${good},${bad.repeat(5_000)}${good}]}`)
    expect([flood.messages.length, flood.rejected.length]).toEqual([1, 1_001])
    expect(flood.rejected.at(-1)).toMatchObject({ reason: 'size', message: expect.stringContaining('1000') as string })
  })

  it('has a reason each, which says of which kind it is', () => {
    const reasons = (text: string): string[] => decode(text).map(({ reason }) => reason)
    expect(reasons('garbage')).toEqual(['json'])
    expect(reasons('[]')).toEqual(['json'])
    expect(reasons('{"frame":[7,{}]}')).toEqual(['json', 'field'])
    expect(reasons('x'.repeat(1_000_000))).toEqual(['size'])
    expect(reasons(JSON.stringify({ ...message, entity_id: 'x'.repeat(9_000) }))).toEqual(['size'])
    expect(reasons(JSON.stringify({ ...message, metadata: JSON.parse(nested(101)) as unknown }))).toEqual(['size'])
    expect(reasons(JSON.stringify({ ...message, metadata: 'x'.repeat(300_000) }))).toEqual(['size'])
    expect(reasons(JSON.stringify({ ...message, action: 'Clear' }))).toEqual(['field'])
  })

  it('as keys of JSON sets nothing on any prototype', () => {
    const { messages } = decodeFrame(
      JSON.stringify({ ...message, metadata: 0 }).replace('"metadata":0', '"metadata":{"__proto__":{"hostile":true}}'),
    )
    expect(Object.keys(messages[0]?.metadata ?? {})).toEqual(['__proto__'])
    expect('hostile' in {}).toBe(false)
    expect(decode(`{"__proto__":${JSON.stringify(message)}}`)).toHaveLength(1)
    expect(decode(`{"frame":{"length":1,"0":${JSON.stringify(message)}}}`)).toHaveLength(1)
  })
})

describe('a hostile glob', () => {
  const key = 'a'.repeat(60)
  const globs = [
    '*a*a*a*a*a*a*b',
    `${'*a'.repeat(30)}b`,
    `${'*?'.repeat(30)}b`,
    `${'*[a-z]'.repeat(12)}b`,
    `${'*[^b]'.repeat(12)}b`,
    `${'*\\a'.repeat(20)}b`,
    '['.repeat(60),
    `${'*'.repeat(59)}b`,
  ]

  it.each(globs)('%s against 60 characters costs microseconds', (glob) => {
    expect(matchesPattern(glob, key)).toBe(false)
    expect(timeOf(() => matchesPattern(glob, key), 200)).toBeLessThan(0.5)
  })

  it('of 8 KiB costs no more than its length times that of the key', () => {
    const glob = `*${'a'.repeat(8_190)}b`
    expect(timeOf(() => matchesPattern(glob, 'a'.repeat(8_192)), 1)).toBeLessThan(2_000)
    expect(timeOf(() => matchesPattern(`${'*a'.repeat(4_095)}b`, 'a'.repeat(8_192)), 1)).toBeLessThan(2_000)
  })
})
