import { isExactMoment, timestampText } from '../support/precise-clock.js'

const zero = 48
const point = 46
const plus = 43
const minus = 45
const utc = 90
/** Where the seconds end: before the fraction, or the zone. */
const secondEnd = 19
/** Nine digits of a fraction, at most. */
const maxScale = 10 ** 9
const longMonths: ReadonlySet<number> = new Set([1, 3, 5, 7, 8, 10, 12])

/** As we write them, with six digits of a fraction and in UTC: where the milliseconds end, and the whole. */
const millisecondEnd = 23
export const microsecondLength = 27

let lastSecond: string | undefined
let lastSecondMs = 0
let lastMillisecond: string | undefined
let lastMillisecondMs = 0

/**
 * Whether a text is an RFC 3339 timestamp, such as `2026-11-22T10:00:00.123456789Z` or `2026-11-22T11:00:00+01:00`:
 * 0 to 9 fraction digits, a zone, and a day that exists.
 */
export function isTimestamp(text: string): boolean {
  return timestampMs(text) !== undefined
}

/**
 * The moment that an RFC 3339 timestamp tells, in ms since the epoch with a fraction; undefined for what is none.
 * Messages arrive in order, many in the same millisecond: what was read last is remembered, and not read again.
 */
export function timestampMs(text: string): number | undefined {
  const isOurs = text.length === microsecondLength && text.charCodeAt(microsecondLength - 1) === utc
  // `startsWith` would take four times as long.
  if (isOurs && text.slice(0, millisecondEnd) === lastMillisecond) {
    const microseconds = threeDigits(text, millisecondEnd)
    return Number.isNaN(microseconds) ? undefined : lastMillisecondMs + microseconds / 1_000
  }
  const second = text.slice(0, secondEnd)
  if (second !== lastSecond) {
    if (!isSecond(text)) return undefined
    lastSecond = second
    // The seconds by themselves: Date knows no leap second.
    lastSecondMs = Date.parse(`${text.slice(0, 17)}00Z`) + twoDigits(text, 17) * 1_000
  }
  const ms = lastSecondMs + readFractionAndZone(text)
  if (Number.isNaN(ms)) return undefined
  if (isOurs) {
    lastMillisecond = text.slice(0, millisecondEnd)
    lastMillisecondMs = Math.floor(ms)
  }
  return ms
}

function isSecond(text: string): boolean {
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':') return false
  // A leap second is written as :60. Comparisons with NaN, from what are no digits, are false.
  return isDate(text) && twoDigits(text, 11) <= 23 && twoDigits(text, 14) <= 59 && twoDigits(text, 17) <= 60
}

function isDate(text: string): boolean {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  return year >= 0 && month >= 1 && month <= 12 && day >= 1 && (day <= 28 || day <= daysIn(year, month))
}

/** The ms behind the second; NaN where there is no fraction behind a point, or no zone. */
function readFractionAndZone(text: string): number {
  if (text.charCodeAt(secondEnd) !== point) return -readZone(text, secondEnd)
  let at = secondEnd + 1
  let digits = 0
  let scale = 1
  for (; isDigit(text.charCodeAt(at)) && scale < maxScale; at++) {
    digits = digits * 10 + (text.charCodeAt(at) - zero)
    scale *= 10
  }
  return scale > 1 ? (digits * 1_000) / scale - readZone(text, at) : NaN
}

/** How many ms a zone, at the end of the text, is ahead of UTC; NaN where it is none. */
function readZone(text: string, from: number): number {
  const sign = text.charCodeAt(from)
  if (sign === utc) return text.length === from + 1 ? 0 : NaN
  const hours = twoDigits(text, from + 1)
  const minutes = twoDigits(text, from + 4)
  if ((sign !== plus && sign !== minus) || hours > 23 || text[from + 3] !== ':' || minutes > 59) return NaN
  if (text.length !== from + 6) return NaN
  return (sign === plus ? 60_000 : -60_000) * (hours * 60 + minutes)
}

/** The number that two digits make; NaN where they are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at)
  const ones = text.charCodeAt(at + 1)
  return isDigit(tens) && isDigit(ones) ? (tens - zero) * 10 + (ones - zero) : NaN
}

/** The number that three digits make; NaN where they are none. */
function threeDigits(text: string, at: number): number {
  const ones = text.charCodeAt(at + 2)
  return isDigit(ones) ? twoDigits(text, at) * 10 + (ones - zero) : NaN
}

function isDigit(code: number): boolean {
  return code >= zero && code <= zero + 9
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return longMonths.has(month) ? 31 : 30
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** The moment of a timestamp of the form that `timestampText` gives, in whole microseconds; undefined for others. */
export function timestampMicroseconds(text: string): number | undefined {
  if (text.length !== microsecondLength || text[secondEnd] !== '.' || !text.endsWith('Z')) return undefined
  const milliseconds = timestampMs(`${text.slice(0, millisecondEnd)}Z`)
  const microseconds = threeDigits(text, millisecondEnd)
  if (milliseconds === undefined || Number.isNaN(microseconds)) return undefined
  const whole = milliseconds * 1_000 + microseconds
  return isExactMoment(whole) && timestampText(whole) === text ? whole : undefined
}
