import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InvalidationMessage, Json } from '../../../../src/message/message.js'
import { decodeFrame } from '../../../../src/message/wire/decode-frame.js'
import { decodeMessage } from '../../../../src/message/wire/decode.js'
import { encodeFrame } from '../../../../src/message/wire/encode.js'
import { InvalidMessageError } from '../../../../src/support/errors.js'
import { encodeMessage } from '../../../support/encode-message.js'

const risky = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'user', 'User', 'Custom', 'pattern')
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', minLength: 1 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1 }) },
  { weight: 1, arbitrary: risky },
)
const timestamp = fc
  .tuple(
    fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
    fc.constantFrom('', '.5', '.123456', '.123456789'),
    fc.constantFrom('Z', '+00:00', '-11:30'),
  )
  .map(([date, fraction, zone]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`)

/** JSON as text, with `__proto__` and other risky names among its keys. */
const jsonText = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(fc.jsonValue(), text, risky).map((value) => JSON.stringify(value)),
    tie('array'),
    tie('object'),
  ),
  array: fc.array(tie('value'), { maxLength: 5 }).map((items) => `[${items.join(',')}]`),
  object: fc
    .array(fc.tuple(fc.oneof(risky, text), tie('value')), { maxLength: 5 })
    .map((fields) => `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
})).value

// A round through JSON first: it turns −0 into 0.
const metadata = jsonText
  .map((json) => JSON.parse(JSON.stringify(JSON.parse(json))) as Json)
  .filter((value) => value !== null)

const envelope = fc.record({ messageId: text, timestamp, sourceService: text })
const target = fc.oneof(
  fc.record({ action: fc.constantFrom('delete', 'update'), entityType: text, entityId: text }),
  fc.record({ action: fc.constant('pattern'), pattern: text }),
  fc.record({ action: fc.constant('batch'), cacheKeys: fc.array(text, { minLength: 1 }) }),
  fc.record(
    { action: fc.constant('tag'), tags: fc.array(text, { minLength: 1 }), mode: fc.constant('expire') },
    { requiredKeys: ['action', 'tags'] },
  ),
)
const message: fc.Arbitrary<InvalidationMessage> = fc
  .tuple(target, envelope, fc.option(metadata, { nil: undefined }))
  .map(([invalidation, signed, data]) => ({
    ...invalidation,
    ...signed,
    ...(data !== undefined && { metadata: data }),
  }))

const fieldNames = [
  'message_id',
  'entity_type',
  'entity_id',
  'pattern',
  'entity_ids',
  'action',
  'timestamp',
  'source_service',
  'metadata',
  'stream_id',
  'append_id',
  'prev',
  'frame',
  '__proto__',
  'constructor',
]
const fieldValue = fc.oneof(
  jsonText,
  text.map((value) => JSON.stringify(value)),
  timestamp.map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '"Delete"',
    '"Pattern"',
    '"Batch"',
    '"User"',
    '{"User":null}',
    '{"Custom":"x"}',
    '{"Custom":"cache-tag"}',
    '{"mode":"expire"}',
    '["user:1"]',
    'null',
  ),
)
/** Objects that look like messages, some so much that they are. */
const nearMessage = fc
  .tuple(
    message.map(encodeMessage),
    fc.array(fc.tuple(fc.constantFrom(...fieldNames), fieldValue), { maxLength: 3 }),
    fc.boolean(),
  )
  .map(([json, fields, packed]) => {
    const mangled = [json.slice(1, -1), ...fields.map(([name, value]) => `"${name}":${value}`)].join(',')
    return packed ? `{"frame":[{${mangled}},${json}]}` : `{${mangled}}`
  })
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString())
const brokenMessage = fc
  .tuple(message.map(encodeMessage), fc.nat(), fc.nat(3), fc.string({ maxLength: 3 }))
  .map(([json, at, cut, put]) => {
    const index = at % json.length
    return json.slice(0, index) + put + json.slice(index + cut)
  })
const anything = fc.oneof(bytes, fc.string({ unit: 'binary' }), jsonText, nearMessage, brokenMessage)

function attempt<Value>(run: () => Value): { readonly value?: Value; readonly error?: unknown } {
  try {
    return { value: run() }
  } catch (error) {
    return { error }
  }
}

/** Vitest's own equality asks an object for its `constructor`, which here may be a field. */
function isSame(actual: unknown, expected: unknown): boolean {
  return isDeepStrictEqual(actual, expected) && JSON.stringify(actual).length === JSON.stringify(expected).length
}

function isPlainData(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === Array.prototype) && Object.values(value).every(isPlainData)
}

function prototypes(): unknown[] {
  return [Object.prototype, Array.prototype, Object].map((object) => Object.getOwnPropertyDescriptors(object))
}

describe('any message', () => {
  it('survives encoding and decoding', () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(isSame(decodeMessage(encodeMessage(given)), given)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('survives packing, and keeps its order', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (given) => {
        const frame = encodeFrame(given.map((each) => ({ json: encodeMessage(each) })))
        expect(isSame(decodeFrame(frame), { messages: given, rejected: [] })).toBe(true)
      }),
    )
  })
})

describe('any text', () => {
  it('gives messages or an InvalidMessageError, never anything else, and touches no prototype', () => {
    const before = prototypes()
    let decoded = 0
    let refused = 0
    fc.assert(
      fc.property(anything, (given) => {
        const outcomes = [
          attempt(() => decodeMessage(given)),
          attempt(() => decodeFrame(given).messages),
          attempt(() => decodeFrame(given).rejected.map((error) => error.message)),
        ]
        for (const outcome of outcomes) {
          if (outcome.error) expect(outcome.error).toBeInstanceOf(InvalidMessageError)
          else expect(isPlainData(outcome.value)).toBe(true)
        }
        if (outcomes[0]?.error) refused++
        else decoded++
      }),
      { numRuns: 2_000 },
    )
    expect(isDeepStrictEqual(prototypes(), before)).toBe(true)
    // Neither of the two is a rarity, or this would test little.
    expect(Math.min(decoded, refused)).toBeGreaterThan(200)
  })

  it('that decodes as a message decodes to the same after another round', () => {
    fc.assert(
      fc.property(nearMessage, (given) => {
        let first: InvalidationMessage
        try {
          first = decodeMessage(given)
          encodeMessage(first)
        } catch {
          return
        }
        expect(isSame(decodeMessage(encodeMessage(first)), first)).toBe(true)
      }),
    )
  })
})
