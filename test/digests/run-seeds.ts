import { availableParallelism } from 'node:os'
import { Worker } from '../../bench/workers/worker.js'
import type { Digests } from './digest-file.js'
import type { TranscriptRequest } from './shard-process.js'

interface SeedsToRun {
  readonly first: number
  readonly count: number
  /** A `src` folder to run instead of our own. */
  readonly sources: string | undefined
  readonly signal: AbortSignal
  /** Called with how many are done. */
  readonly onProgress: (done: number) => void
}

/** A process takes so many seeds at once: few, so that all processes end at about the same time. */
const seedsAtOnce = 50
const script = new URL('shard-process.ts', import.meta.url).href

/** Runs the schedules of these seeds on every core. */
export async function runSeeds({ first, count, sources, signal, onProgress }: SeedsToRun): Promise<Digests> {
  const digests = new Map<number, string>()
  const waiting = chunks(first, count)
  const work = async (): Promise<void> => {
    await using shard = await startShard(sources)
    for (const seeds of waiting) {
      signal.throwIfAborted()
      const found = await shard.request(seeds, isTexts)
      for (const [index, seed] of seeds.entries()) digests.set(seed, found[index] ?? '')
      onProgress(digests.size)
    }
  }
  const processes = Math.min(availableParallelism(), Math.ceil(count / seedsAtOnce))
  await Promise.all(Array.from({ length: processes }, work))
  return digests
}

/** All that users of the schedule of this seed see, as text. */
export async function readTranscript(seed: number, sources: string | undefined): Promise<string> {
  await using shard = await startShard(sources)
  return await shard.request({ transcriptOf: seed } satisfies TranscriptRequest, isText)
}

function startShard(sources: string | undefined): Promise<Worker> {
  return Worker.start(script, sources === undefined ? [] : [sources])
}

function* chunks(first: number, count: number): Generator<readonly number[]> {
  for (let begin = first; begin < first + count; begin += seedsAtOnce) {
    yield Array.from({ length: Math.min(seedsAtOnce, first + count - begin) }, (_, index) => begin + index)
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}
