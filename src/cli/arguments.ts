import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Retention } from '../log/model/retention.js'
import { retentionRules } from '../support/connection-options.js'

/** A parser of options and arguments that takes whole numbers from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
  }
}

/** A parser of options that takes what is not blank, as it is. */
export function filledText(text: string): string {
  if (text.trim() !== '') return text
  throw new InvalidArgumentError('Expected a text that is not blank.')
}

/** What keeps all: what is appended by hand must not trim a log whose services keep more than is default. */
export const keepAll: Retention = {
  maxEntries: retentionRules.maxEntries.max,
  maxBytes: retentionRules.maxBytes.max,
  maxAgeMs: undefined,
}

/** The options of {@link addRetentionOptions}. */
export interface RetentionFlags {
  readonly maxEntries: number
  readonly maxBytes: number
  readonly maxAge?: number
}

/** For commands that append. */
export function addRetentionOptions(command: Command): Command {
  const { maxEntries, maxBytes } = retentionRules
  const as = (name: string): string => `as \`retention.${name}\` of the services does`
  return command
    .addOption(
      new Option('--max-entries <n>', `trim the log to about so many entries, ${as('maxEntries')}`)
        .argParser(wholeNumber(maxEntries.min, maxEntries.max))
        .default(maxEntries.max, 'trims nothing'),
    )
    .addOption(
      new Option('--max-bytes <n>', `trim the log to so many bytes, ${as('maxBytes')}`)
        .argParser(wholeNumber(maxBytes.min, maxBytes.max))
        .default(maxBytes.max, 'trims nothing'),
    )
    .addOption(
      new Option('--max-age <time>', `drop entries that are older, such as 1h, ${as('maxAgeMs')}`).argParser(duration),
    )
}

/** The retention that the flags of a command describe. */
export function retentionOf({ maxEntries, maxBytes, maxAge }: RetentionFlags): Retention {
  return { maxEntries, maxBytes, maxAgeMs: maxAge === undefined ? undefined : Math.max(1, Math.round(maxAge)) }
}

/** The end of a command's help: how it is called. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ cache-invalidation ${line}\n`).join('')}`
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A length of time such as `500ms`, `10m` or `1.5h`, in ms; undefined if the text is no length of time. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) * (unitMs[unit] ?? NaN)
}

/** A parser of options and arguments that takes lengths of time. */
export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw new InvalidArgumentError('Expected a length of time such as 500ms, 30s, 10m, 2h or 1.5d.')
}
