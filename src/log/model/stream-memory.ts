/** What Redis adds to each entry beside its fields, and to the append id and `prev` of each. */
const entryOverhead = 54

/** A node of a stream closes when it has as many bytes, or as many entries, by Redis' defaults. */
const nodeBytes = 4096
const nodeEntries = 100

/** What a node has beside its entries, and what Redis counts for its place in the stream. */
const nodeHeader = 60
const nodeOverhead = 300

/**
 * How much memory an entry takes in the stream, in bytes, as `MEMORY USAGE … SAMPLES 0` counts it: an estimate, rather
 * too large. Small entries share a node; a large one has one of its own, which the allocator rounds up.
 *
 * @param frameBytes the size of its frame
 */
export function entryMemory(frameBytes: number): number {
  const entry = frameBytes + entryOverhead
  const shared = Math.min(nodeEntries, Math.max(1, Math.floor((nodeBytes - nodeHeader) / entry)))
  return Math.ceil((allocation(shared * entry + nodeHeader) + nodeOverhead) / shared)
}

/** What jemalloc, the allocator of Redis, takes for so many bytes: it has four sizes for each doubling. */
function allocation(bytes: number): number {
  const step = 2 ** Math.max(4, Math.ceil(Math.log2(bytes)) - 3)
  return Math.ceil(bytes / step) * step
}
