/**
 * Runs schedules as a process of its own: `shard-process.ts [<src folder>]`. Answers seeds with their digests, in the
 * same order, and a {@link TranscriptRequest} with the text of the transcript.
 */
import { isNumbers } from '../../bench/workers/questions.js'
import { serveRequests } from '../../bench/workers/serve.js'
import { useSources } from './use-sources.js'

/** Asks for all that users of one schedule see. */
export interface TranscriptRequest {
  readonly transcriptOf: number
}

/** How many schedules take turns: while one waits for the event loop to turn, the others run. */
const lanes = 4

const [, , sources] = process.argv
if (sources !== undefined) useSources(sources)
// Nobody looks at the stacks of errors that faults cause.
Error.stackTraceLimit = 0
const { transcriptOf } = await import('./transcript-of.js')

async function digestsOf(seeds: readonly number[]): Promise<readonly string[]> {
  const waiting = seeds.entries()
  const digests: string[] = []
  const work = async (): Promise<void> => {
    for (const [index, seed] of waiting) digests[index] = (await transcriptOf(seed)).digest
  }
  await Promise.all(Array.from({ length: lanes }, work))
  return digests
}

function isRequest(value: unknown): value is readonly number[] | TranscriptRequest {
  return isNumbers(value) || isTranscriptRequest(value)
}

function isTranscriptRequest(value: unknown): value is TranscriptRequest {
  return (
    typeof value === 'object' && value !== null && 'transcriptOf' in value && typeof value.transcriptOf === 'number'
  )
}

serveRequests(isRequest, async (request) =>
  isTranscriptRequest(request) ? (await transcriptOf(request.transcriptOf)).text : digestsOf(request),
)
