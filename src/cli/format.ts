import { streamIdTime } from '../message/stream-id.js'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Text of others, safe to show on a terminal: what is not to be seen, or moves the cursor, as `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (odd) => `\\u{${(odd.codePointAt(0) ?? 0).toString(16)}}`)
}

/** A value as JSON that is safe to show on a terminal: it escapes C1 and bidirectional controls as well. */
export function printableJson(value: object): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (odd) =>
    odd.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

/** A length of time, given in ms, in the unit that reads best: `0.42 ms`, `12 ms`, `1.5 s`, `3.0 h`. */
export function formatDuration(ms: number): string {
  const size = Math.abs(ms)
  if (size < second) return `${size < 10 ? ms.toFixed(2) : Math.round(ms)} ms`
  if (size < minute) return `${(ms / second).toFixed(1)} s`
  if (size < hour) return `${(ms / minute).toFixed(1)} min`
  return size < day ? `${(ms / hour).toFixed(1)} h` : `${(ms / day).toFixed(1)} d`
}

/** `1 entry`, `2,000 entries`. */
export function formatCount(count: number, singular: string, plural: string): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? singular : plural}`
}

/** When the entry of this stream ID was appended, by the server's clock; as it is where that is no date. */
export function timeOfStreamId(streamId: string): string {
  const date = new Date(streamIdTime(streamId))
  return Number.isNaN(date.getTime()) ? streamId : date.toISOString()
}

/** A size in the unit that reads best: `512 B`, `1.5 KiB`, `64 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const [size, unit] = bytes < 1024 ** 2 ? [bytes / 1024, 'KiB'] : [bytes / 1024 ** 2, 'MiB']
  return `${size.toLocaleString('en-US', { maximumFractionDigits: 1 })} ${unit}`
}

/** `100,000 entries, 64 MiB, 1.0 h`: the limits there are. */
export function formatRetention(retention: {
  readonly maxEntries: number
  readonly maxBytes: number | null
  readonly maxAgeMs: number | null
}): string {
  const { maxEntries, maxBytes, maxAgeMs } = retention
  return [
    formatCount(maxEntries, 'entry', 'entries'),
    maxBytes === null ? [] : formatBytes(maxBytes),
    maxAgeMs === null ? [] : formatDuration(maxAgeMs),
  ]
    .flat()
    .join(', ')
}
