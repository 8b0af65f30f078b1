import { ConfigurationError } from '../errors.js'

/*
 * What a fault is called with, checked: one that strikes nothing for a misspelt argument would let the test pass that
 * asked for it.
 */

/** @throws ConfigurationError unless `value` is a whole number, from `min` up */
export function requireWhole(name: string, value: number, min = 0): void {
  if (Number.isSafeInteger(value) && value >= min) return
  const range = Number.isFinite(min) ? ` from ${min} up` : ''
  throw new ConfigurationError(`Expected \`${name}\` to be a whole number${range}, got \`${String(value)}\``)
}

/** @throws ConfigurationError unless `value` is one of `names` */
export function requireOneOf(name: string, value: string | undefined, names: readonly (string | undefined)[]): void {
  if (names.includes(value)) return
  const expected = names.map((known) => (known === undefined ? 'undefined' : `'${known}'`)).join(', ')
  throw new ConfigurationError(`Expected \`${name}\` to be one of ${expected}, got \`${String(value)}\``)
}

/** @throws ConfigurationError unless `value` is an object */
export function requireObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return
  throw new ConfigurationError(`Expected the argument of \`${name}\` to be an object, got \`${String(value)}\``)
}
