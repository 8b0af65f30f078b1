import { caches } from './caches.js'
import { cacheTelemetry } from './cache-telemetry.js'
import { columns } from './columns.js'
import { commandLine } from './command-line.js'
import { connecting } from './connecting.js'
import { evictors } from './evictors.js'
import { failingHandlers } from './failing-handlers.js'
import { following } from './following.js'
import { foreign } from './foreign.js'
import { hostileInput } from './hostile-input.js'
import { mixing } from './mixing.js'
import type { Mutant } from './mutant.js'
import { proofs } from './proofs.js'
import { publishing } from './publishing.js'
import { tags } from './tags.js'

/** Where a mutant is caught unless it says otherwise. */
export const usuallyCaughtBy = 'test/schedules'

export const mutants: readonly Mutant[] = [
  ...following,
  ...proofs,
  ...failingHandlers,
  ...publishing,
  ...connecting,
  ...foreign,
  ...hostileInput,
  ...columns,
  ...mixing,
  ...tags,
  ...caches,
  ...cacheTelemetry,
  ...commandLine,
  ...evictors,
]
