import { expect, it } from 'vitest'
import { differing, readDigests } from '../digests/digest-file.js'
import { recordedFile } from '../digests/options.js'
import { transcriptOf } from '../digests/transcript-of.js'

/** What some of these transcripts show: a digest that does not see one of them would compare too little. */
const shown = [
  'published',
  'unpublished',
  'queued',
  'drained',
  'overflow',
  'repaired',
  'connected',
  'disconnected',
  'health',
  'state',
  'replay',
  'resync',
  'deadLetter',
  'error',
  'freshness',
  'caughtUp',
  'waitedFor',
  'closed',
  'handle',
].map((what) => new RegExp(`^[\\d.]+ \\S+ ${what}\\b`, 'm'))

// A mutant counts as caught when its users lose something. Its digests always differ, which proves nothing.
it.skipIf(process.env.MUTANT !== undefined)(
  'shows users of the recorded schedules the same as when they were recorded',
  { timeout: 120_000 },
  async () => {
    const recorded = await readDigests(recordedFile)
    const digests = new Map<number, string>()
    const missing = new Set(shown)
    // From the last to the first: what a schedule shows must not depend on those that ran before it.
    for (const seed of [...recorded.keys()].reverse()) {
      const { digest, text } = await transcriptOf(seed)
      digests.set(seed, digest)
      for (const what of missing) if (what.test(text)) missing.delete(what)
    }
    expect([...missing]).toEqual([])
    const differ = differing(digests, recorded)
    const [first] = differ
    expect(
      differ,
      `Users see something else in ${differ.length} of ${recorded.size} schedules. To see what, run ` +
        `\`npm run --silent digests -- --seed ${first} --print\` here and in the version before, and compare by diff. ` +
        'If the change is on purpose, record anew with `npm run digests -- --record`',
    ).toEqual([])
    expect(recorded.size).toBeGreaterThanOrEqual(200)
  },
)
