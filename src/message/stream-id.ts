const pattern = /^(\d{1,20})-(\d{1,20})$/
/** The largest number of 64 bits. Among texts of 20 digits the order of texts is that of numbers. */
const largest = '18446744073709551615'

/** Whether a text is the ID of a stream entry: two numbers of 64 bits. Redis refuses to look for any other. */
export function isStreamId(text: string): boolean {
  const [, time, sequence] = pattern.exec(text) ?? []
  return time !== undefined && sequence !== undefined && fits(time) && fits(sequence)
}

function fits(digits: string): boolean {
  return digits.length < largest.length || digits <= largest
}
