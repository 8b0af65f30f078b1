import { expect, expectTypeOf, test } from 'vitest'
import { ConfigurationError } from '../../../src/support/errors.js'
import {
  abortSignal,
  checked,
  group,
  groupOrFalse,
  oneOf,
  optionalGroup,
  resolveOptions,
  type RulesOf,
  text,
  trueOrFalse,
  wholeNumber,
  withFunctions,
} from '../../../src/support/option-rules.js'

interface Clock {
  now(): number
}

interface NestedOptions {
  readonly tries?: number
}

interface Options {
  readonly waitMs?: number
  readonly loud?: boolean
  readonly mode?: 'fast' | 'safe'
  readonly name?: string
  readonly nested?: NestedOptions
  readonly maybe?: false | NestedOptions
  readonly extra?: NestedOptions
  readonly clock?: Clock
  readonly signal?: AbortSignal
  readonly made?: Map<string, string>
}

const clock: Clock = { now: () => 7 }
const nestedRules = {
  tries: wholeNumber({ default: 3, unit: 'tries', min: 1, max: 5 }),
} satisfies RulesOf<NestedOptions>
const rules = {
  waitMs: wholeNumber({ default: 5, unit: 'ms', min: 1, max: 10 }),
  loud: trueOrFalse(false),
  mode: oneOf(['fast', 'safe'], 'safe'),
  name: text({ maxLength: 3 }),
  nested: group(nestedRules),
  maybe: groupOrFalse(nestedRules),
  extra: optionalGroup(nestedRules),
  clock: withFunctions<Clock, Clock>(['now'], "the system's", clock),
  signal: abortSignal,
  made: checked(
    {
      expected: 'a Map',
      defaultText: 'none',
      isValid: (given): given is Map<string, string> => given instanceof Map,
    },
    undefined,
  ),
} satisfies RulesOf<Options>

const defaults = {
  waitMs: 5,
  loud: false,
  mode: 'safe',
  name: '',
  nested: { tries: 3 },
  maybe: { tries: 3 },
  extra: undefined,
  clock,
  signal: undefined,
  made: undefined,
}

function resolve(given: unknown): unknown {
  return resolveOptions(rules, given, 'Thing')
}

/** The error that `resolve` throws. */
function refusal(given: unknown): ConfigurationError {
  try {
    resolve(given)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('Expected the options to be refused')
}

test('options that are not given, or undefined, have their defaults', () => {
  expect(resolve({})).toEqual(defaults)
  expect(resolve({ waitMs: undefined, nested: undefined, made: undefined })).toEqual(defaults)
})

test('options that are given are passed on', () => {
  const given = {
    waitMs: 10,
    loud: true,
    mode: 'fast',
    name: 'abc',
    nested: { tries: 5 },
    maybe: { tries: 1 },
    extra: { tries: 2 },
    clock: { now: () => 8 },
    signal: new AbortController().signal,
    made: new Map(),
  }
  expect(resolve(given)).toEqual(given)
  expect(resolve({ extra: {}, maybe: false })).toEqual({ ...defaults, extra: { tries: 3 }, maybe: undefined })
})

test('options that are inherited count as well', () => {
  expect(resolve(Object.create({ waitMs: 6 }))).toEqual({ ...defaults, waitMs: 6 })
})

test('each option is read once', () => {
  let reads = 0
  const given = {
    get waitMs() {
      return ++reads
    },
  }
  expect(resolve(given)).toEqual({ ...defaults, waitMs: 1 })
  expect(reads).toBe(1)
})

test.each<[unknown, string]>([
  [{ waitMs: 0 }, 'Expected `waitMs` to be a whole number of ms from 1 to 10, got `0`'],
  [{ waitMs: 1.5 }, 'Expected `waitMs` to be a whole number of ms from 1 to 10, got `1.5`'],
  [{ waitMs: '7' }, 'Expected `waitMs` to be a whole number of ms from 1 to 10, got `"7"`'],
  [{ loud: 1 }, 'Expected `loud` to be true or false, got 1'],
  [{ mode: 'slow' }, "Expected `mode` to be 'fast' or 'safe', got \"slow\""],
  [{ name: 'abcd' }, 'Expected `name` to be a string of at most 3 characters, got "abcd"'],
  [{ name: null }, 'Expected `name` to be a string of at most 3 characters, got null'],
  [{ nested: { tries: 6 } }, 'Expected `nested.tries` to be a whole number of tries from 1 to 5, got `6`'],
  [{ nested: { trys: 1 } }, 'Unknown option `trys` of nested: expected one of tries'],
  [{ nested: false }, 'Expected the options of nested to be an object, got false'],
  [{ maybe: true }, 'Expected the options of maybe to be an object, got true'],
  [{ extra: null }, 'Expected the options of extra to be an object, got null'],
  [{ clock: {} }, 'Expected `clock` to be an object with the functions now; it has no `now`'],
  [{ clock: null }, 'Expected `clock` to be an object with the functions now; it has no `now`'],
  [{ signal: {} }, 'Expected `signal` to be an AbortSignal, got an object'],
  [{ made: [] }, 'Expected `made` to be a Map, got an array of 0'],
  [{ wait: 7 }, `Unknown option \`wait\` of Thing: expected one of ${Object.keys(rules).join(', ')}`],
  [[], 'Expected the options of Thing to be an object, got an array of 0'],
  [null, 'Expected the options of Thing to be an object, got null'],
  [7, 'Expected the options of Thing to be an object, got 7'],
])('%j is refused: %s', (given, message) => {
  expect(refusal(given).message).toBe(message)
})

const thrown = new Error('not today')
const hostile = (): never => {
  throw thrown
}

test.each<[string, unknown]>([
  ['a getter throws', Object.defineProperty({}, 'waitMs', { enumerable: true, get: hostile })],
  ['a nested getter throws', { nested: Object.defineProperty({}, 'tries', { enumerable: true, get: hostile }) }],
  ['a proxy throws', new Proxy({}, { ownKeys: hostile })],
  ['an instance throws when it is checked', { made: new Proxy({}, { getPrototypeOf: hostile }) }],
  ['a function throws when it is looked up', { clock: new Proxy({}, { get: hostile }) }],
])('options that can not be read are refused with what was thrown as the cause: %s', (_, given) => {
  const error = refusal(given)
  expect(error.message).toMatch(/^The options of (Thing|nested) can't be read: not today$/)
  expect(error.cause).toBe(thrown)
})

test('resolved options have the types of their rules', () => {
  const { waitMs, mode, name, nested, maybe, clock: given, signal } = resolveOptions(rules, {}, 'Thing')
  expectTypeOf(waitMs).toEqualTypeOf<number>()
  expectTypeOf(mode).toEqualTypeOf<'fast' | 'safe'>()
  expectTypeOf(name).toEqualTypeOf<string>()
  expectTypeOf(nested).toEqualTypeOf<{ readonly tries: number }>()
  expectTypeOf(maybe).toEqualTypeOf<{ readonly tries: number } | undefined>()
  expectTypeOf(given).toEqualTypeOf<Clock>()
  expectTypeOf(signal).toEqualTypeOf<AbortSignal | undefined>()
})

test('a table of rules that does not fit its options does not compile', () => {
  const tries = wholeNumber({ default: 1, unit: 'tries', min: 1, max: 2 })
  const tables = [
    // @ts-expect-error -- an option has no rule
    {} satisfies RulesOf<NestedOptions>,
    // @ts-expect-error -- a rule has no option
    { tries, other: tries } satisfies RulesOf<NestedOptions>,
    // @ts-expect-error -- a rule gives values that its option can't have
    { tries: trueOrFalse(true) } satisfies RulesOf<NestedOptions>,
  ]
  for (const table of tables) expect(() => resolveOptions(table, { unknown: 1 }, 'Thing')).toThrow(ConfigurationError)
})
