/** What the command line asks for is no option, or has a value that it can't have. */
export class UsageError extends Error {}

/** @throws UsageError when the text is no whole number from `min` to `max` */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= min && number <= max) return number
  throw new UsageError(`Expected ${option} to be a whole number from ${min} to ${max}, got \`${text}\``)
}
