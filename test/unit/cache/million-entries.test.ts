import { expect, test } from 'vitest'
import { EntryIndex } from '../../../src/cache/memory/entry.js'
import { MemoryTier } from '../../../src/cache/memory/memory-tier.js'
import type { InvalidationMessage } from '../../../src/index.js'

const sent = { messageId: 'id', timestamp: '2026-12-01T00:00:00Z', sourceService: 'writer' }
/** As many comparisons as a cache makes in a slice. */
const checks = 500

/** CPU time in ms: what other processes do meanwhile does not count. */
function timed(run: () => unknown): number {
  const begun = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(begun)
  return (user + system) / 1_000
}

test.each(['item:*', 'item:*7*', '*'])(
  'a pattern over a million entries holds up the event loop for less than 5 ms of CPU at a time: %s',
  (pattern) => {
    const entries = 1_000_000
    const tier = new MemoryTier(
      { maxEntries: entries, maxBytes: undefined, sizeOf: () => 1 },
      { onSweep: () => {}, onEvicted: () => {}, onDisplaced: () => {} },
    )
    const owner = new EntryIndex('item:')
    for (let id = 0; id < entries; id++) {
      tier.set(`item:${id}`, { value: id, owner, expiresAt: Infinity, tags: new Set() })
    }
    const message: InvalidationMessage = { action: 'pattern', pattern, ...sent }
    expect(timed(() => tier.handle(message))).toBeLessThan(5)
    expect(tier.find(owner, '777')).toBeUndefined()
    const slices: number[] = []
    for (let goesOn = true; goesOn;) slices.push(timed(() => (goesOn = tier.sweep(checks))))
    expect(slices.length).toBeGreaterThanOrEqual(entries / checks)
    // The clock of the CPU ticks each 4 ms on some machines, and garbage is collected in some of the slices.
    expect(slices.reduce((sum, ms) => sum + ms, 0) / slices.length).toBeLessThan(2)
    const sorted = slices.sort((one, other) => one - other)
    expect(sorted[Math.floor(slices.length * 0.99)]).toBeLessThan(5)
    expect(tier.entries).toBe(pattern === 'item:*7*' ? 531_441 : 0)
  },
  60_000,
)
