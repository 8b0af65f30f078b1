import { seededRandom } from '../../../examples/demo/services/random.js'
import type { Fleet } from '../fleet.js'
import type { RecoveryClock } from '../recovery-clock.js'
import type { Stage, Undo } from '../stages/stage.js'
import type { PlannedFault, Wave } from './schedule.js'

/** A fault as it was. Times are in ms since the epoch. */
export interface Inflicted {
  readonly name: string
  /** The process or the servers. */
  readonly victim: string
  readonly from: number
  until: number | undefined
}

export interface WaveContext {
  readonly stage: Stage
  readonly fleet: Fleet
  readonly clock: RecoveryClock
  /** No fault begins any more once it aborts; those that are on are undone at once. */
  readonly signal: AbortSignal
  /** Publishes nothing new. */
  readonly fallSilent: () => void
  readonly onInflicted: (fault: Inflicted) => void
  /** The servers were in no state for it. */
  readonly onSkipped: (name: string, why: unknown) => void
}

/** Resolves when all faults of the wave are over and undone. */
export async function inflictWave(wave: Wave, context: WaveContext): Promise<void> {
  await Promise.all(wave.lanes.map((lane) => inflictLane(lane, context)))
  if (wave.last) await inflictLane([wave.last], context, () => context.fallSilent())
}

/** @param halfway called in the middle of each */
async function inflictLane(
  lane: readonly PlannedFault[],
  context: WaveContext,
  halfway = (): void => undefined,
): Promise<void> {
  for (const planned of lane) {
    await pause(planned.afterMs, context.signal)
    if (context.signal.aborted) return
    await inflict(planned, context, halfway)
  }
}

async function inflict(planned: PlannedFault, context: WaveContext, halfway: () => void): Promise<void> {
  const { clock, signal, onInflicted, onSkipped } = context
  const { name } = planned.kind
  const fault: Inflicted = { name, victim: victimOf(planned), from: Date.now(), until: undefined }
  clock.faultBegan()
  try {
    const undo = await begin(planned, context).catch((error: unknown) => {
      onSkipped(name, error)
    })
    if (!undo) return
    onInflicted(fault)
    await pause(planned.forMs / 2, signal)
    halfway()
    await pause(planned.forMs / 2, signal)
    await undo()
  } finally {
    fault.until = Date.now()
    clock.faultEnded(fault.until)
  }
}

function victimOf(planned: PlannedFault): string {
  if (planned.on === 'servers') return 'servers'
  return planned.on === 'link' && planned.only ? `${planned.process}, ${planned.only}` : planned.process
}

async function begin(planned: PlannedFault, { stage, fleet }: WaveContext): Promise<Undo> {
  switch (planned.on) {
    case 'servers':
      return stage.inflict(planned.kind.name, seededRandom(planned.seed))
    case 'process':
      await fleet.kill(planned.process)
      return () => fleet.start(planned.process)
    case 'link': {
      const { proxies } = await fleet.way(planned.process)
      for (const proxy of proxies) for (const fault of planned.kind.faults) proxy.inflict(fault, planned.only)
      return () => {
        for (const proxy of proxies) proxy.heal()
        return Promise.resolve()
      }
    }
  }
}

/** Ends early when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
