import { InvalidArgumentError, Option } from 'commander'
import { connectionNumbers } from '../options.js'

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
  const { min, max } = connectionNumbers.cap
  return new Option('--cap <entries>', "trim the log to about so many entries, as the services' `cap` does")
    .argParser(wholeNumber(min, max))
    .default(max, 'trims nothing')
}

/** The end of a command's help: how it is called. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ cache-invalidation ${line}\n`).join('')}`
}
