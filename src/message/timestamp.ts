const zero = 48
/** Where the seconds end: before the fraction, or the zone. */
const secondEnd = 19
/** Digits of a fraction, at most. */
const maxDigits = 9
const longMonths: ReadonlySet<number> = new Set([1, 3, 5, 7, 8, 10, 12])

/**
 * Whether a text is an RFC 3339 timestamp, such as `2026-11-22T10:00:00.123456789Z` or `2026-11-22T11:00:00+01:00`:
 * 0 to 9 fraction digits, a zone, and a day that exists. One pass over the characters.
 */
export function isTimestamp(text: string): boolean {
  if (text.length < 20 || text.length > 35) return false
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':') return false
  const century = twoDigits(text, 0)
  const year = century * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  // A leap second is written as :60. Comparisons with NaN, from what are no digits, are false.
  const inRange =
    year >= 0 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    (day <= 28 || day <= daysIn(year, month)) &&
    twoDigits(text, 11) <= 23 &&
    twoDigits(text, 14) <= 59 &&
    twoDigits(text, 17) <= 60
  return inRange && isZone(text, endOfFraction(text, secondEnd))
}

let lastSecond: string | undefined
let lastSecondMs = 0

/**
 * The moment that an RFC 3339 timestamp tells, in ms since the epoch with a fraction; undefined for what is no
 * {@link isTimestamp}. Messages arrive in order: the second that was read last is remembered, and not read again.
 */
export function timestampMs(text: string): number | undefined {
  if (lastSecond === undefined || !text.startsWith(lastSecond)) {
    if (!isTimestamp(text)) return undefined
    lastSecond = text.slice(0, secondEnd)
    // Behind the seconds of the minute, since Date knows no leap second.
    lastSecondMs = Date.parse(`${text.slice(0, 17)}00Z`) + twoDigits(text, 17) * 1_000
  }
  const zone = endOfFraction(text, secondEnd)
  if (!isZone(text, zone)) return undefined
  return lastSecondMs + fractionMs(text, secondEnd + 1, zone) - offsetMs(text, zone)
}

/** The milliseconds that the digits of a fraction make. */
function fractionMs(text: string, from: number, end: number): number {
  let digits = 0
  let scale = 1
  for (let at = from; at < end; at++) {
    digits = digits * 10 + (text.charCodeAt(at) - zero)
    scale *= 10
  }
  return (digits * 1_000) / scale
}

/** How far a zone is ahead of UTC. */
function offsetMs(text: string, from: number): number {
  if (text[from] === 'Z') return 0
  const minutes = twoDigits(text, from + 1) * 60 + twoDigits(text, from + 4)
  return (text[from] === '-' ? -minutes : minutes) * 60_000
}

/** Where the zone begins, behind the fraction if there is one; −1 where the fraction is none. */
function endOfFraction(text: string, from: number): number {
  if (text[from] !== '.') return from
  let end = from + 1
  while (end <= from + maxDigits && isDigit(text.charCodeAt(end))) end++
  return end > from + 1 ? end : -1
}

function isZone(text: string, from: number): boolean {
  if (from < 0) return false
  if (text[from] === 'Z') return text.length === from + 1
  if (text[from] !== '+' && text[from] !== '-') return false
  return (
    text.length === from + 6 &&
    text[from + 3] === ':' &&
    twoDigits(text, from + 1) <= 23 &&
    twoDigits(text, from + 4) <= 59
  )
}

/** The number that two digits make; NaN where they are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at)
  const ones = text.charCodeAt(at + 1)
  return isDigit(tens) && isDigit(ones) ? (tens - zero) * 10 + (ones - zero) : NaN
}

function isDigit(code: number): boolean {
  return code >= zero && code <= zero + 9
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return longMonths.has(month) ? 31 : 30
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}
