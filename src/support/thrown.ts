import { types } from 'node:util'
import { isDomException } from './realms.js'

/** What is said of what throws when it is looked at, as a proxy or a getter may. */
const unreadable = 'a value that throws when it is made a text'

/** What was thrown, as text for a message. Never throws: a handler may throw anything. */
export function describeThrown(thrown: unknown): string {
  try {
    const said: unknown = isError(thrown) ? thrown.message : thrown
    return String(said)
  } catch {
    return unreadable
  }
}

/** What was thrown, as text for a log: with its name where it is an error. Never throws. */
export function describeNamed(thrown: unknown): string {
  try {
    return isError(thrown) ? `${thrown.name}: ${thrown.message}` : String(thrown)
  } catch {
    return unreadable
  }
}

/** What was thrown, as an error. */
export function toError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(describeThrown(thrown))
}

/** The code of an error, such as `ENOENT`; undefined if it has no code. Never throws. */
export function codeOf(thrown: unknown): string | undefined {
  try {
    return isError(thrown) && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
  } catch {
    return undefined
  }
}

/** Whether an error of Node or the system was thrown that has one of these codes, such as `ENOENT`. */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  const code = codeOf(thrown)
  return code !== undefined && codes.includes(code)
}

/** Whether an error was thrown, of this realm or another. Never throws. */
export function isError(thrown: unknown): thrown is Error {
  try {
    // eslint-disable-next-line no-restricted-syntax -- for objects that only inherit from Error
    return types.isNativeError(thrown) || thrown instanceof Error || isDomException(thrown)
  } catch {
    return false
  }
}
