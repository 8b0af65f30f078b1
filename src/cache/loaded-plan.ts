import type { Job, Plan } from './job.js'
import type { LoadContext } from './load-context.js'
import type { EntryIndex } from './memory/entry.js'
import type { CachePolicy } from './options.js'

/** A loader of one value. */
export interface SingleLoader {
  readonly owner: EntryIndex
  readonly policy: CachePolicy
  readonly load: (context: LoadContext) => unknown
  readonly tagsOf: (value: unknown) => readonly string[]
}

/** The plan of a read that loads one value. */
export function loadedPlan({ owner, policy, load, tagsOf }: SingleLoader): Plan {
  return {
    owner,
    policy,
    tagsOf,
    run: (jobs) => {
      for (const job of jobs) void runJob(job, () => load(job.notes))
    },
  }
}

/** Calls a loader, which may throw, reject or return a value at once. Never rejects. */
export async function runJob(job: Job, load: () => unknown): Promise<void> {
  try {
    job.brought(await load())
  } catch (error) {
    job.failed(error)
  }
}
