const maxEntries = 1_000

/** How many of the newest entries to read, where no more than `maxBytes` should come; few where their size is unknown. */
export function sampleSize(length: number, bytes: number | undefined, maxBytes: number): number {
  if (bytes === undefined || bytes === 0 || length === 0) return maxEntries / 10
  const fitting = Math.floor((maxBytes * length) / bytes)
  return Math.min(maxEntries, Math.max(10, fitting))
}
