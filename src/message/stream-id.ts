const pattern = /^(\d{1,20})-(\d{1,20})$/
/** The largest number on either side: of 64 bits. Among texts of 20 digits the order of texts is that of numbers. */
export const largestNumber = '18446744073709551615'

/** Whether a text is the ID of a stream entry: two numbers of 64 bits. Redis refuses to look for any other. */
export function isStreamId(text: string): boolean {
  const [, time, sequence] = pattern.exec(text) ?? []
  return time !== undefined && sequence !== undefined && fits(time) && fits(sequence)
}

/** Negative, zero or positive as stream ID `a` stands before, at or behind `b`. */
export function compareStreamIds(a: string, b: string): number {
  const [aTime = '0', aSequence = '0'] = a.split('-')
  const [bTime = '0', bSequence = '0'] = b.split('-')
  return compareDigits(aTime, bTime) || compareDigits(aSequence, bSequence)
}

/** Compares decimal numbers of any length without losing digits beyond 2^53. */
function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

/** When the entry of this stream ID was appended, in ms since the epoch by the server's clock. */
export function streamIdTime(streamId: string): number {
  return parseInt(streamId, 10)
}

function fits(digits: string): boolean {
  return digits.length < largestNumber.length || digits <= largestNumber
}
