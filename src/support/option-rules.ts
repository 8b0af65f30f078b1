import { describeValue } from './describe-value.js'
import { ConfigurationError } from './errors.js'
import { isAbortSignal } from './realms.js'
import { type Runtime, systemRuntime } from './runtime.js'
import { describeThrown, isError } from './thrown.js'

/** What an option may be, and its value if it is not given. */
export interface OptionRule<Value> {
  /** What the option must be, in the words of errors and of the documentation. */
  readonly expected: string
  /** The default, in the words of the documentation. */
  readonly defaultText: string
  /** The unit of a number; empty for all other options. */
  readonly unit: string
  /**
   * Checks a value; `undefined` gives the default.
   *
   * @throws ConfigurationError that names the option, what was expected and what was given
   */
  resolve(given: unknown, name: string): Value
}

/** The rule of an option that is a whole number. */
export interface NumberRule extends OptionRule<number> {
  readonly default: number
  readonly min: number
  readonly max: number
}

/** The rules of all options of one owner, in the order of the documentation. */
export type OptionRules = Readonly<Record<string, OptionRule<unknown>>>

/** Rules for exactly these options. Each rule gives values that its option can have. */
export type RulesOf<Options> = { readonly [Name in keyof Options]-?: OptionRule<Options[Name] | undefined> }

/** The options that a table of rules gives: all are there; one without a value as default may be `undefined`. */
export type Resolved<Rules extends OptionRules> = { readonly [Name in keyof Rules]: ReturnType<Rules[Name]['resolve']> }

/**
 * Checks options and fills in defaults. Each option is read once.
 *
 * @param owner the owner of the options, as errors name it
 * @param prefix text that errors put before the name of an option
 * @throws ConfigurationError when `given` is no object or can't be read, when an option is unknown, since a misspelt
 *   one must not pass silently, and when an option is not what its rule expects
 */
export function resolveOptions<Rules extends OptionRules>(
  rules: Rules,
  given: unknown,
  owner: string,
  prefix = '',
): Resolved<Rules> {
  try {
    checkNames(given, Object.keys(rules), owner)
    const resolved = Object.entries(rules).map(([name, rule]) => [
      name,
      rule.resolve(Reflect.get(given, name), prefix + name),
    ])
    // Sound: these are the names of the table, and under each is a value that its own rule gave.
    return Object.fromEntries(resolved) as Resolved<Rules>
  } catch (cause) {
    if (isError(cause) && cause instanceof ConfigurationError) throw cause
    // A getter or a proxy threw.
    throw new ConfigurationError(`The options of ${owner} can't be read: ${describeThrown(cause)}`, { cause })
  }
}

function checkNames(given: unknown, known: readonly string[], owner: string): asserts given is object {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ConfigurationError(`Expected the options of ${owner} to be an object, got ${describeValue(given)}`)
  }
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown === undefined) return
  if (unknown === 'cap' && known.includes('retention')) {
    throw new ConfigurationError(
      `Unknown option \`cap\` of ${owner}: write \`retention: { maxEntries: ${describeValue(Reflect.get(given, unknown))} }\` in its place`,
    )
  }
  throw new ConfigurationError(`Unknown option \`${unknown}\` of ${owner}: expected one of ${known.join(', ')}`)
}

/** A whole number, from `min` to `max`. */
export function wholeNumber(option: Pick<NumberRule, 'default' | 'unit' | 'min' | 'max'>): NumberRule {
  const { unit, min, max } = option
  const expected = `a whole number of ${unit} from ${min} to ${max}`
  return {
    ...option,
    expected,
    defaultText: String(option.default),
    resolve(given, name) {
      const value = given ?? option.default
      if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
      throw new ConfigurationError(`Expected \`${name}\` to be ${expected}, got \`${describeValue(value)}\``)
    },
  }
}

/** True or false. */
export function trueOrFalse(fallback: boolean): OptionRule<boolean> {
  const isValid = (given: unknown): given is boolean => typeof given === 'boolean'
  return checked({ expected: 'true or false', defaultText: String(fallback), isValid }, fallback)
}

/** One of some texts. */
export function oneOf<const Text extends string>(texts: readonly Text[], fallback: Text): OptionRule<Text> {
  const expected = texts.map((text) => `'${text}'`).join(' or ')
  const isValid = (given: unknown): given is Text => texts.some((text) => text === given)
  return checked({ expected, defaultText: fallback, isValid }, fallback)
}

/** A text; empty if it is not given. */
export function text({ maxLength }: { readonly maxLength: number }): OptionRule<string> {
  const expected = `a string of at most ${maxLength} characters`
  const isValid = (given: unknown): given is string => typeof given === 'string' && given.length <= maxLength
  return checked({ expected, defaultText: 'none', isValid }, '')
}

/** A check of its own for an option of one kind. */
export interface ValueCheck<Value> {
  readonly expected: string
  readonly defaultText: string
  readonly isValid: (given: unknown) => given is Value
}

/** A value that passes a check of its own, such as an instance of a class. */
export function checked<Value, Default>(
  { expected, defaultText, isValid }: ValueCheck<Value>,
  fallback: Default,
): OptionRule<Value | Default> {
  return {
    expected,
    defaultText,
    unit: '',
    resolve(given, name) {
      if (given === undefined) return fallback
      if (isValid(given)) return given
      throw unexpected(name, expected, given)
    },
  }
}

/** The error for an option that is not what its rule expects. */
export function unexpected(name: string, expected: string, given: unknown, options?: ErrorOptions): ConfigurationError {
  return new ConfigurationError(`Expected \`${name}\` to be ${expected}, got ${describeValue(given)}`, options)
}

/** Something with these functions, such as a logger. Errors name the first function that it lacks. */
export function withFunctions<Value extends object, Default>(
  names: readonly (keyof Value & string)[],
  defaultText: string,
  fallback: Default,
): OptionRule<Value | Default> {
  const expected = `an object with the functions ${names.join(', ')}`
  const isValid = (given: unknown): given is Value => names.every((name) => hasFunction(given, name))
  return {
    expected,
    defaultText,
    unit: '',
    resolve(given, option) {
      if (given === undefined) return fallback
      if (isValid(given)) return given
      const missing = names.find((name) => !hasFunction(given, name)) ?? ''
      throw new ConfigurationError(`Expected \`${option}\` to be ${expected}; it has no \`${missing}\``)
    },
  }
}

function hasFunction(given: unknown, name: string): boolean {
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) return false
  return typeof Reflect.get(given, name) === 'function'
}

/** A signal that ends a wait. */
export const abortSignal: OptionRule<AbortSignal | undefined> = checked(
  {
    expected: 'an AbortSignal',
    defaultText: 'none',
    isValid: (given): given is AbortSignal => isAbortSignal(given),
  },
  undefined,
)

/** Clock, timers and randomness. */
export const runtimeRule: OptionRule<Runtime> = withFunctions<Runtime, Runtime>(
  ['now', 'monotonic', 'after', 'yield', 'random', 'uuid'],
  "the system's",
  systemRuntime,
)

/** Options of an option, with all defaults if it is not given. Errors name them `retry.tries`. */
export function group<Rules extends OptionRules>(rules: Rules): OptionRule<Resolved<Rules>> {
  return {
    expected: 'an object of options',
    defaultText: '{}',
    unit: '',
    resolve: (given = {}, name) => resolveOptions(rules, given, name, `${name}.`),
  }
}

/** Like {@link group}; `false` is allowed, and gives `undefined`. */
export function groupOrFalse<Rules extends OptionRules>(rules: Rules): OptionRule<Resolved<Rules> | undefined> {
  const whole = group(rules)
  return {
    ...whole,
    expected: `${whole.expected} or false`,
    resolve: (given, name) => (given === false ? undefined : whole.resolve(given, name)),
  }
}

/** Like {@link group}; without defaults if it is not given: that gives `undefined`. */
export function optionalGroup<Rules extends OptionRules>(rules: Rules): OptionRule<Resolved<Rules> | undefined> {
  const whole = group(rules)
  return {
    ...whole,
    defaultText: 'none',
    resolve: (given, name) => (given === undefined ? undefined : whole.resolve(given, name)),
  }
}
