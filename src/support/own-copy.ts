/** From this length on V8 cuts a text out of another by pointing into it. */
export const minSlice = 13

/** The same text, in memory of its own: if somebody keeps an id, they must not keep the whole frame with it. */
export function ownCopy(slice: string): string {
  return slice.length < minSlice ? slice : ` ${slice}`.slice(1)
}
