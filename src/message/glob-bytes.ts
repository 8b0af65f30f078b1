const star = 0x2a
const questionMark = 0x3f
const openingBracket = 0x5b
const backslash = 0x5c
const closingBracket = 0x5d
const caret = 0x5e
const dash = 0x2d

const noMatch = -1
/** Read behind the end; equal to no byte. */
const noByte = -1

/**
 * Whether a Redis glob matches a key that is not empty, both in UTF-8. A mismatch goes back to the last star only,
 * which takes one byte more: if the part between two stars matches somewhere, then its first match leaves the most for
 * what follows.
 */
export function matchesBytes(pattern: Uint8Array, key: Uint8Array): boolean {
  let at = 0
  let afterStar = noMatch
  let starEnd = 0
  let index = 0
  while (index < key.length) {
    if (byteAt(pattern, at) === star) {
      afterStar = ++at
      starEnd = index
      if (afterStar === pattern.length) return true
      continue
    }
    const next = matchOne(pattern, at, byteAt(key, index))
    if (next !== noMatch) {
      at = next
      index++
    } else if (afterStar !== noMatch) {
      at = afterStar
      index = ++starEnd
    } else {
      return false
    }
  }
  while (byteAt(pattern, at) === star) at++
  return at === pattern.length
}

/** Matches one byte with the element at `at`; returns where the next element begins. */
function matchOne(pattern: Uint8Array, at: number, byte: number): number {
  const element = byteAt(pattern, at)
  if (element === questionMark) return at + 1
  if (element === openingBracket) return matchClass(pattern, at + 1, byte)
  // A backslash that ends the pattern stands for itself.
  const literal = element === backslash && at + 1 < pattern.length ? at + 1 : at
  return byteAt(pattern, literal) === byte ? literal + 1 : noMatch
}

/**
 * Redis' own reading of what is odd: a class that is not closed ends with the pattern, `[a-]` is the range from `a` to
 * `]` (and not closed), and a range may run backwards.
 */
function matchClass(pattern: Uint8Array, from: number, byte: number): number {
  const negated = byteAt(pattern, from) === caret
  let at = negated ? from + 1 : from
  let found = false
  while (at < pattern.length && byteAt(pattern, at) !== closingBracket) {
    if (byteAt(pattern, at) === backslash && at + 1 < pattern.length) {
      found ||= byteAt(pattern, at + 1) === byte
      at += 2
    } else if (at + 2 < pattern.length && byteAt(pattern, at + 1) === dash) {
      found ||= isBetween(byte, byteAt(pattern, at), byteAt(pattern, at + 2))
      at += 3
    } else {
      found ||= byteAt(pattern, at) === byte
      at++
    }
  }
  return found === negated ? noMatch : Math.min(at + 1, pattern.length)
}

function isBetween(byte: number, start: number, end: number): boolean {
  const signed = toSigned(byte)
  const [low, high] = [Math.min(toSigned(start), toSigned(end)), Math.max(toSigned(start), toSigned(end))]
  return signed >= low && signed <= high
}

/** Redis compares `char`, which is signed on x86: a byte beyond ASCII is below every ASCII one. */
function toSigned(byte: number): number {
  return byte < 0x80 ? byte : byte - 0x100
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? noByte
}
