import { InvalidArgumentError, Option } from 'commander'
import { connectionRules } from '../support/connection-options.js'

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

/** For commands that append. What is appended by hand must not trim a log whose services keep more than is default. */
export function capOption(): Option {
  const { min, max } = connectionRules.cap
  return new Option('--cap <entries>', "trim the log to about so many entries, as the services' `cap` does")
    .argParser(wholeNumber(min, max))
    .default(max, 'trims nothing')
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
