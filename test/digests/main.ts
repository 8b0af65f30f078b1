/** Digests of random schedules, to compare two versions of the sources with. `--help` lists its options. */
import { runProgram } from '../../scripts/run-program.js'
import type { Stop } from '../../scripts/stop-on-signal.js'
import { UsageError } from '../../scripts/usage-error.js'
import { differing, type Digests, linesOf, readDigests, writeDigests } from './digest-file.js'
import { type DigestOptions, help, parseOptions } from './options.js'
import { readTranscript, runSeeds } from './run-seeds.js'

const seedsShown = 10

await runProgram({ name: 'digests', help, parse: parseOptions, run })

async function run(options: DigestOptions, { signal }: Stop): Promise<number> {
  const { destination, json } = options
  if (destination.kind === 'transcript') {
    const transcript = await readTranscript(destination.seed, options.sources)
    print(json ? JSON.stringify({ seed: destination.seed, transcript }) : transcript.trimEnd())
    return 0
  }
  const recorded = destination.kind === 'compare' ? await recordedIn(destination.file, options) : undefined
  const started = performance.now()
  const digests = await runSeeds({ ...options, signal, onProgress: progressOf(options.count) })
  const seconds = (performance.now() - started) / 1_000
  if (destination.kind === 'write') await writeDigests(destination.file, digests)
  const differ = recorded && differing(digests, recorded)
  if (json) print(JSON.stringify(resultOf(digests, seconds, destination.kind === 'print', differ), null, 2))
  else if (destination.kind === 'print') process.stdout.write(linesOf(digests))
  else print(`${digests.size} schedules in ${seconds.toFixed(1)} s, ${Math.round(digests.size / seconds)} a second`)
  if (differ && !json) print(describe(differ))
  return differ && differ.length > 0 ? 1 : 0
}

/** A file with too few seeds is refused before the schedules run, which can take minutes. */
async function recordedIn(file: string, { first, count }: DigestOptions): Promise<Digests> {
  const recorded = await readDigests(file)
  for (let seed = first; seed < first + count; seed++) {
    if (!recorded.has(seed)) throw new UsageError(`Expected a digest of seed ${seed} in ${file}: run fewer seeds`)
  }
  return recorded
}

function resultOf(
  digests: Digests,
  seconds: number,
  withDigests: boolean,
  differ: readonly number[] | undefined,
): object {
  const result = { schedules: digests.size, seconds: Number(seconds.toFixed(3)) }
  if (differ) return { ...result, ok: differ.length === 0, differing: differ }
  return withDigests ? { ...result, digests: Object.fromEntries(digests) } : result
}

function describe(differ: readonly number[]): string {
  if (differ.length === 0) return 'No seed differs'
  const [first = 0] = differ
  const shown = differ.slice(0, seedsShown).join(', ')
  return [
    `${differ.length} seeds differ: ${shown}${differ.length > seedsShown ? ', …' : ''}`,
    `To see how, run \`npm run --silent digests -- --seed ${first} --print\` in both versions, and compare by diff`,
  ].join('\n')
}

/** Redrawn in place on a terminal; without one there is no progress to see. */
function progressOf(count: number): (done: number) => void {
  const { stderr } = process
  if (!stderr.isTTY || process.env.TERM === 'dumb') return () => undefined
  return (done) => stderr.write(`\r\u001b[K${done < count ? `${done} of ${count} schedules` : ''}`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
