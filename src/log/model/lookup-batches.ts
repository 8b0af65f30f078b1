/** How many entries a log looks up at once. */
const maxLookup = 100

/** Cuts what is to be looked up into parts that a log looks up at once. */
export function* lookupBatches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += maxLookup) yield items.slice(start, start + maxLookup)
}
