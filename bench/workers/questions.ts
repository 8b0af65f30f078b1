/** Guards of what processes of the bench send each other. */

export function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number')
}

/** A guard for objects in which each of these names stands for a number. */
export function hasNumbers<Name extends string>(
  ...names: readonly Name[]
): (value: unknown) => value is Readonly<Record<Name, number>> {
  return (value): value is Readonly<Record<Name, number>> => {
    if (typeof value !== 'object' || value === null) return false
    const numbers = new Map(Object.entries(value))
    return names.every((name) => typeof numbers.get(name) === 'number')
  }
}
