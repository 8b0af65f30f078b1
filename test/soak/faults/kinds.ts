import type { Fault } from '../../support/tcp-proxy.js'

/** Something that can be done to a process, to its links, or to the servers; it is on for a while, or over at once. */
export interface FaultKind {
  readonly name: string
  /** How long it is on, in ms. */
  readonly minMs: number
  readonly maxMs: number
}

export interface ServerFaultKind extends FaultKind {
  /** Whether the servers may lose with it what they had acknowledged. */
  readonly losesTail?: boolean
}

export interface ProcessFaultKind extends FaultKind {
  readonly victim: 'publisher' | 'subscriber'
}

export interface LinkFaultKind extends FaultKind {
  readonly faults: readonly Fault[]
  /** Whether only the link over which messages are published can have it. */
  readonly feedOnly?: boolean
}

export const processFaults: readonly ProcessFaultKind[] = [
  { name: 'subscriber killed', victim: 'subscriber', minMs: 100, maxMs: 2_000 },
  { name: 'publisher killed', victim: 'publisher', minMs: 100, maxMs: 2_000 },
]

const atOnce = { minMs: 0, maxMs: 0 }

export const linkFaults: readonly LinkFaultKind[] = [
  { name: 'link cut', faults: [{ kind: 'cut' }], ...atOnce },
  { name: 'link reset', faults: [{ kind: 'reset' }], ...atOnce },
  { name: 'link cut in a reply', faults: [{ kind: 'cut-mid-reply' }], ...atOnce },
  { name: 'link refused', faults: [{ kind: 'refuse' }, { kind: 'cut' }], minMs: 100, maxMs: 2_000 },
  { name: 'link stalled', faults: [{ kind: 'stall' }], minMs: 500, maxMs: 3_000 },
  { name: 'link delayed', faults: [{ kind: 'delay', ms: 80 }], minMs: 500, maxMs: 3_000 },
  { name: 'link trickling', faults: [{ kind: 'trickle', bytesPerSecond: 4_000 }], minMs: 500, maxMs: 3_000 },
  { name: 'link deaf', faults: [{ kind: 'deaf' }], feedOnly: true, minMs: 1_000, maxMs: 3_000 },
]
