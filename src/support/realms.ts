import { types } from 'node:util'

/*
 * Jest, Vitest's pool `vmThreads` and `node:vm` load this library into a realm of its own: there, `instanceof Uint8Array`
 * is false for the arrays that Node itself makes. These ask for what a value is, and not for its class.
 */

/** Whether a value is a URL, as `new URL()` makes it in any realm, or a library for browsers. */
export function isUrl(value: unknown): value is URL {
  return tagOf(value) === 'URL' && hasText(value, 'href')
}

/** Whether a value is an array of bytes, such as a Buffer. */
export function isBytes(value: unknown): value is Uint8Array {
  return types.isUint8Array(value)
}

/** Whether a value has all of an AbortSignal that is used here. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null || !('aborted' in value)) return false
  const functions = ['addEventListener', 'removeEventListener', 'throwIfAborted']
  return typeof value.aborted === 'boolean' && functions.every((name) => typeof Reflect.get(value, name) === 'function')
}

/** Whether an object has no class, as `{}` has none; also one that was made by `structuredClone` or has no prototype. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (typeof prototype !== 'object' || prototype === null) return true
  // The prototype of plain objects has this function in each realm, and no prototype itself.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

/** Whether a value is a DOMException, as aborted calls of the platform reject with. */
export function isDomException(value: unknown): value is DOMException {
  return tagOf(value) === 'DOMException' && hasText(value, 'name') && hasText(value, 'message')
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

function hasText(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'string'
}
