import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtInMeantBy } from '../../../../src/message/entity.js'
import type { Invalidation } from '../../../../src/message/message.js'
import { preparePlain } from '../../../../src/message/wire/encode-plain.js'
import { encodeWithTrace, prepareMessage } from '../../../../src/message/wire/encode.js'
import { heapInUse } from '../../../support/collect-garbage.js'
import { encodeMessage } from '../../../support/encode-message.js'

const defaults = { messageId: 'an-id', timestamp: '2026-11-22T10:00:00.000Z', sourceService: 'a service' }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
const traces = [{ traceparent }, { traceparent: 'é' }, { traceparent: '"' }, { traceparent, tracestate: 'a=b' }]
const text = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.string({ minLength: 1, unit: 'binary' }).filter((each) => each.isWellFormed()),
  fc.constantFrom('user', 'User', '"', '\\', ' ', '7f', '\u007f', 'é', '1:a', 'a'.repeat(512), 'a'.repeat(513)),
)
const invalidation: fc.Arbitrary<Invalidation> = fc.record({
  action: fc.constantFrom('delete', 'update'),
  entityType: text.filter((type) => builtInMeantBy(type) === undefined),
  entityId: text,
})

describe('the short way to encode what most messages are', () => {
  it('writes the very text that the long way writes, and tells its size in UTF-8', () => {
    fc.assert(
      fc.property(invalidation, fc.constantFrom(undefined, ...traces), (given, trace) => {
        const short = preparePlain(given, defaults, trace)
        if (short === undefined) return
        expect(short.json).toBe(encodeWithTrace({ ...given, ...defaults }, trace))
        expect(short.trace).toBe(trace)
        expect(short.bytes).toBe(Buffer.byteLength(short.json))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is taken by plain text, and by nothing that JSON escapes, that is long, or that is more than an entity', () => {
    const given: Invalidation = { action: 'delete', entityType: 'user', entityId: '1' }
    expect(preparePlain(given, defaults)).toBeDefined()
    expect(preparePlain({ ...given, entityType: 'session' }, defaults)).toBeDefined()
    const others: Parameters<typeof preparePlain>[0][] = [
      { ...given, entityId: '"' },
      { ...given, entityId: '\\' },
      { ...given, entityId: '\n' },
      { ...given, entityId: 'é' },
      { ...given, entityId: '' },
      { ...given, entityId: 'a'.repeat(513) },
      { ...given, entityType: 'ses"sion' },
      { ...given, entityType: 'User' },
      { ...given, metadata: null },
      { ...given, messageId: 'mine' },
      { ...given, timestamp: '2026-11-22T10:00:00.000Z' },
      { ...given, sourceService: 'mine' },
      { action: 'pattern', pattern: '*' },
    ]
    for (const other of others) expect(preparePlain(other, defaults), JSON.stringify(other)).toBeUndefined()
    expect(preparePlain(given, { ...defaults, sourceService: 'é' })).toBeUndefined()
    const [plain, ...otherTraces] = traces
    expect(preparePlain(given, defaults, plain)).toBeDefined()
    for (const trace of otherTraces) expect(preparePlain(given, defaults, trace), JSON.stringify(trace)).toBeUndefined()
  })

  it('writes the type, the action and the source of this very message, after many others', () => {
    const types = Array.from({ length: 2_500 }, (_, index) => `type-${index}`)
    for (const [index, entityType] of ['user', ...types, 'user', ...types].entries()) {
      for (const action of ['delete', 'update'] as const) {
        const given: Invalidation = { action, entityType, entityId: '1' }
        const by = { ...defaults, sourceService: index % 7 === 0 ? 'one service' : `service ${index % 40}` }
        expect(preparePlain(given, by)?.json).toBe(encodeMessage({ ...given, ...by }))
      }
    }
  })

  it.each(['delete', 'update'] as const)('does not keep types that somebody makes up (%s)', (action) => {
    const before = heapInUse()
    for (let index = 0; index < 50_000; index++) {
      preparePlain({ action, entityType: `made-up-${action}-${index}`, entityId: '1' }, defaults)
    }
    expect(heapInUse() - before).toBeLessThan(4 * 1024 * 1024)
  })

  it('has the same key for coalescing as the long way, and different ones for what says different things', () => {
    fc.assert(
      fc.property(invalidation, invalidation, fc.constantFrom(...traces), (one, other, trace) => {
        const keyOf = (...args: Parameters<typeof prepareMessage>): string => {
          const { coalesceGroup, coalesceKey } = prepareMessage(...args)
          return JSON.stringify([coalesceGroup, coalesceKey])
        }
        const key = keyOf(one, defaults)
        expect(keyOf(one, defaults, trace)).toBe(key)
        const isSame = JSON.stringify(one) === JSON.stringify(other)
        expect(keyOf(other, defaults) === key).toBe(isSame)
      }),
      { numRuns: 2_000 },
    )
  })
})
