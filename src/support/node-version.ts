/*
 * Imported first by every entry, so that an old Node says what it lacks before it fails at some function. Uses nothing
 * that an old Node lacks, and imports nothing.
 */
const { node, bun, deno } = process.versions
const [major = 0, minor = 0] = node.split('.').map(Number)

if (bun === undefined && deno === undefined && (major < 22 || (major === 22 && minor < 15))) {
  throw new Error(`Expected Node 22.15 or later for cache-invalidation, got Node ${node}: update Node`)
}
