const maxShown = 80

/** A value as error messages show it: short, and safe for whatever it is. Never throws. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > maxShown ? `${JSON.stringify(value.slice(0, maxShown))}…` : JSON.stringify(value)
  }
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? 'a function' : String(value)
  try {
    return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
  } catch {
    return 'a proxy that throws'
  }
}
