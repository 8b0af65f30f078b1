import type { Retention } from '../../src/log/model/retention.js'

/** Keeps so many entries, of any size and age. */
export function entriesOnly(maxEntries: number): Retention {
  return { maxEntries, maxBytes: 2 ** 40, maxAgeMs: undefined }
}
