import { partsOf } from './rough-size.js'

/**
 * Freezes a value and all of its parts. Buffers can't be frozen and stay as they are; maps, sets and dates are frozen,
 * and what they hold can still be replaced.
 */
export function deepFreeze(value: unknown): void {
  const seen = new Set<object>()
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const part = waiting.pop()
    if (typeof part !== 'object' || part === null || seen.has(part) || ArrayBuffer.isView(part)) continue
    seen.add(part)
    Object.freeze(part)
    waiting.push(...partsOf(part))
  }
}
