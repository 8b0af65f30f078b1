import { allocationCase } from '../cost/allocation.js'
import { memoryCase } from '../cost/memory.js'
import { packageCase } from '../cost/package.js'
import { fullStreamCases, streamCases } from '../cost/stream.js'
import type { Measurement } from '../measurement.js'

/** What it takes beside CPU time, which `throughput` and `scale` measure. */
export const cost: Measurement = {
  name: 'cost',
  title: 'Cost: memory, and the package itself',
  figures: [
    { name: 'stream_bytes', title: 'an invalidation in the stream', unit: 'bytes', better: 'lower' },
    { name: 'stream_mb', title: 'all of them in the stream', unit: 'MB', better: 'lower' },
    { name: 'rest_rss_mib', title: 'resident at rest', unit: 'MiB', better: 'lower' },
    { name: 'rest_heap_mib', title: 'heap at rest', unit: 'MiB', better: 'lower' },
    { name: 'backlog_rss_mib', title: 'resident more with a backlog', unit: 'MiB', better: 'lower' },
    { name: 'backlog_heap_mib', title: 'heap more with a backlog', unit: 'MiB', better: 'lower' },
    { name: 'publisher_bytes', title: 'allocated to publish', unit: 'bytes', better: 'lower' },
    { name: 'subscriber_bytes', title: 'allocated to handle', unit: 'bytes', better: 'lower' },
    { name: 'import_ms', title: 'to import', unit: 'ms', better: 'lower' },
    { name: 'installed_kib', title: 'installed', unit: 'KiB', better: 'lower' },
    { name: 'packages', title: 'packages', unit: 'packages', better: 'lower' },
  ],
  cases: (size) => [
    ...streamCases(size),
    ...fullStreamCases(size),
    allocationCase(size),
    memoryCase(size),
    packageCase(),
  ],
}
