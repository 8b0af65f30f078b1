/** What an object, an array or a number takes beside its parts, in bytes, about. */
const overhead = 16

/**
 * About how many bytes a value takes in memory: two for each character of its texts, the length of its buffers, and 16
 * for each part. A part that occurs twice counts once.
 */
export function roughSize(value: unknown, key: string): number {
  const seen = new Set<object>()
  const waiting: unknown[] = [value]
  let bytes = overhead + key.length
  while (waiting.length > 0) {
    const part = waiting.pop()
    bytes += overhead
    if (typeof part === 'string') bytes += part.length * 2
    if (typeof part !== 'object' || part === null || seen.has(part)) continue
    seen.add(part)
    if (ArrayBuffer.isView(part)) bytes += part.byteLength
    else waiting.push(...partsOf(part))
  }
  return bytes
}

/** The parts of a value that may hold others: elements, properties, and the entries of maps and sets. */
export function partsOf(value: object): readonly unknown[] {
  const inside: unknown[] = Object.values(value)
  if (isIterableCollection(value)) for (const entry of value) inside.push(entry)
  return inside
}

function isIterableCollection(value: object): value is Iterable<unknown> {
  const tag = Object.prototype.toString.call(value)
  return tag === '[object Map]' || tag === '[object Set]'
}
