import { matchesBytes } from './glob-bytes.js'

/** Whether a key that is not empty is matched. */
type Matcher = (key: string) => boolean

/** Of the pattern that was asked for last: who evicts by a pattern asks for all the keys of a cache in a row. */
let lastPattern: string | undefined
let lastMatcher: Matcher = () => false

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
  if (pattern !== lastPattern) {
    lastMatcher = makeMatcher(pattern)
    lastPattern = pattern
  }
  return lastMatcher(key)
}

/** A glob that matches only this text. */
export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}

function makeMatcher(pattern: string): Matcher {
  const texts = textsBetweenStars(pattern)
  if (texts) return (key) => isMadeOf(texts, key)
  const bytes = Buffer.from(pattern)
  return (key) => matchesBytes(bytes, Buffer.from(key))
}

/** What stands before the first star, between the stars, and after the last. */
interface Texts {
  readonly first: string
  readonly between: readonly string[]
  /** Undefined where there is no star. */
  readonly last: string | undefined
}

/** Signs other than stars, and all beyond ASCII: bytes of such characters can be matched one by one. */
const otherSigns = /[?[\u0080-\uffff]/
const oneByte = /\\?[^]/g

/** Undefined where there may be more to the pattern than texts and stars. */
function textsBetweenStars(pattern: string): Texts | undefined {
  if (otherSigns.test(pattern)) return undefined
  const texts: string[] = []
  let text = ''
  for (const [sign] of pattern.matchAll(oneByte)) {
    if (sign === '*') texts.push(text)
    // What follows a backslash stands for itself, and so does a backslash that ends the pattern.
    text = sign === '*' ? '' : text + sign.slice(-1)
  }
  const [first = text, ...between] = texts
  return { first, between: between.filter((each) => each !== ''), last: texts.length === 0 ? undefined : text }
}

/**
 * Texts of ASCII have the same place in a text as in its UTF-8. Each is taken where it is found first: that leaves the
 * most.
 */
function isMadeOf({ first, between, last }: Texts, key: string): boolean {
  if (last === undefined) return key === first
  if (!key.startsWith(first) || !key.endsWith(last)) return false
  let from = first.length
  for (const text of between) {
    const found = key.indexOf(text, from)
    if (found === -1) return false
    from = found + text.length
  }
  return from + last.length <= key.length
}
