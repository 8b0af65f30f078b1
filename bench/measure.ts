import { installPeer } from './install-peer.js'
import { currentLoad, describeMachine } from './machine.js'
import type { BenchOptions } from './options.js'
import { Progress, type ProgressOutput } from './progress.js'
import { barsOf, ratiosOf } from './ratios.js'
import type { Results, Run } from './results.js'
import { planCases, runCase } from './run.js'
import { readPeerVersions, readVersions } from './versions.js'

/** Measures what the options ask for. */
export async function measure(options: BenchOptions, signal: AbortSignal, output: ProgressOutput): Promise<Results> {
  const { size, repetitions, withPeers } = options
  const date = new Date().toISOString()
  const startedAt = performance.now()
  const machine = describeMachine()
  const before = currentLoad()
  const planned = planCases(options.measurements, size)
  const progress = new Progress(output, planned.length, () => performance.now())
  progress.say(`${machine.cores} cores, load average ${before}`)
  let versions = await readVersions()
  const install = async (peer: string): Promise<void> => {
    await installPeer(peer, (line) => progress.say(line))
    versions = { ...versions, ...(await readPeerVersions(peer)) }
  }
  const runs: Run[] = []
  for (const each of planned) {
    runs.push(
      ...(await runCase(each, { repetitions, signal, progress, ...(withPeers ? { installPeer: install } : {}) })),
    )
  }
  progress.clear()
  const ratios = ratiosOf(runs)
  return {
    date,
    seconds: Math.round((performance.now() - startedAt) / 1_000),
    size,
    repetitions,
    machine,
    versions,
    load: { before, after: currentLoad() },
    ratios,
    bars: barsOf(ratios),
    measurements: options.measurements.map(({ name, title, figures }) => ({ name, title, figures })),
    runs,
  }
}
