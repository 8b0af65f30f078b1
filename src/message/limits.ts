/** A message as JSON, in UTF-8 bytes. */
export const maxMessageBytes = 256 * 1024

/** An id, entity type, pattern, cache key or service name, in UTF-8 bytes. */
export const maxTextBytes = 8 * 1024

/** The cache keys of one batch. */
export const maxBatchKeys = 10_000

/** How deep metadata may nest. The crate's parser gives up at 128 levels, a recursive walk some thousands further. */
export const maxMetadataDepth = 100

/** A packed frame: it is full at 64 KiB, and the message that fills it may itself be of any allowed size. */
export const maxFrameBytes = 512 * 1024

/** The messages of a frame that is written in columns: beyond that, a reader refuses the columns. */
export const maxFrameMessages = 10_000

/**
 * How many parts of a frame may fail to be messages: as many as a frame of ours holds messages. Each costs an error with
 * its stack, and a hostile frame could hold a hundred thousand.
 */
export const maxRejected = 1_000

/** What stream ID, append id, prev and trace context may add to a message on the channel. */
export const maxEnvelopeBytes = 1024

/** Whether a text takes more than `maxBytes` in UTF-8; counts only where the length alone does not tell. */
export function exceedsBytes(text: string, maxBytes: number): boolean {
  if (text.length * 3 <= maxBytes) return false
  return text.length > maxBytes || Buffer.byteLength(text) > maxBytes
}

/** Whether a value nests deeper than `depth` levels of arrays and objects; a cycle does. */
export function nestsDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  return children.some((child) => nestsDeeper(child, depth - 1))
}
