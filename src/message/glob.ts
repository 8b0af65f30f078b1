const star = 0x2a
const questionMark = 0x3f
const openingBracket = 0x5b
const backslash = 0x5c
const closingBracket = 0x5d
const caret = 0x5e
const dash = 0x2d

const noMatch = -1

/**
 * Whether a Redis glob matches a key, with the very results of `KEYS` and `SCAN MATCH`: `*` any bytes, `?` one byte,
 * `[a-z]` and `[^a-z]` one byte of a class or outside it, `\` takes the next byte as it is. Like Redis it compares
 * UTF-8 bytes, so `?` is only a part of a character such as `é`.
 *
 * Takes at most time proportional to the length of the pattern times that of the key, whatever the pattern is.
 */
export function matchesPattern(pattern: string, key: string): boolean {
  // KEYS and SCAN do not even compare for this one; compared, no star matches the empty key.
  if (pattern === '*') return true
  if (key === '') return pattern === ''
  return matchBytes(toBytes(pattern), toBytes(key))
}

/**
 * Both strings hold one byte a character. A mismatch goes back to the last star only, which takes one byte more: if the
 * part between two stars matches somewhere, then its first match leaves the most for what follows.
 */
function matchBytes(pattern: string, key: string): boolean {
  let at = 0
  let afterStar = noMatch
  let starEnd = 0
  let index = 0
  while (index < key.length) {
    if (pattern.charCodeAt(at) === star) {
      afterStar = ++at
      starEnd = index
      if (afterStar === pattern.length) return true
      continue
    }
    const next = matchOne(pattern, at, key.charCodeAt(index))
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
  while (pattern.charCodeAt(at) === star) at++
  return at === pattern.length
}

/** Matches one byte with the element at `at`; returns where the next element begins. */
function matchOne(pattern: string, at: number, byte: number): number {
  const element = pattern.charCodeAt(at)
  if (element === questionMark) return at + 1
  if (element === openingBracket) return matchClass(pattern, at + 1, byte)
  // A backslash that ends the pattern stands for itself.
  const literal = element === backslash && at + 1 < pattern.length ? at + 1 : at
  return pattern.charCodeAt(literal) === byte ? literal + 1 : noMatch
}

/**
 * Redis' own reading of what is odd: a class that is not closed ends with the pattern, `[a-]` is the range from `a` to
 * `]` (and not closed), and a range may run backwards.
 */
function matchClass(pattern: string, from: number, byte: number): number {
  const negated = pattern.charCodeAt(from) === caret
  let at = negated ? from + 1 : from
  let found = false
  while (at < pattern.length && pattern.charCodeAt(at) !== closingBracket) {
    if (pattern.charCodeAt(at) === backslash && at + 1 < pattern.length) {
      found ||= pattern.charCodeAt(at + 1) === byte
      at += 2
    } else if (at + 2 < pattern.length && pattern.charCodeAt(at + 1) === dash) {
      found ||= isBetween(byte, pattern.charCodeAt(at), pattern.charCodeAt(at + 2))
      at += 3
    } else {
      found ||= pattern.charCodeAt(at) === byte
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

/** The UTF-8 bytes of a text, one a character. */
function toBytes(text: string): string {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return Buffer.from(text).toString('latin1')
  }
  return text
}
