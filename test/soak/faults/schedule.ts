/**
 * Which faults come when. What may overlap:
 *
 * - one thing at a time happens to the servers, and one to each process and its links; all else overlaps as it falls
 * - a wave of faults ends when all of them are undone; then everything is audited, and the next one begins
 * - where servers may lose in a wave what they had acknowledged, no publisher is killed in it: its publisher is who
 *   brings it back, and one that dies in the same moment is not promised to
 *   ([docs/reliability.md](../../../docs/reliability.md))
 */
import type { Random } from '../../../examples/demo/services/random.js'
import type { LinkKind } from '../../support/tcp-proxy.js'
import { below, pick, shuffled } from '../chance.js'
import { type LinkFaultKind, linkFaults, type ProcessFaultKind, processFaults, type ServerFaultKind } from './kinds.js'

interface Planned {
  /** After the one before in its lane, in ms. */
  readonly afterMs: number
  /** How long it is on, in ms. */
  readonly forMs: number
}

export interface PlannedServerFault extends Planned {
  readonly on: 'servers'
  readonly kind: ServerFaultKind
  /** Chooses what the kind leaves open. */
  readonly seed: number
}

export interface PlannedProcessFault extends Planned {
  readonly on: 'process'
  readonly kind: ProcessFaultKind
  readonly process: string
}

export interface PlannedLinkFault extends Planned {
  readonly on: 'link'
  readonly kind: LinkFaultKind
  readonly process: string
  /** Undefined: all of the process' links. */
  readonly only: LinkKind | undefined
}

export type PlannedFault = PlannedServerFault | PlannedProcessFault | PlannedLinkFault

export interface Victims {
  readonly servers: readonly ServerFaultKind[]
  readonly publishers: readonly string[]
  readonly subscribers: readonly string[]
}

export interface Wave {
  /** They run side by side; the faults of a lane come one after another. */
  readonly lanes: readonly (readonly PlannedFault[])[]
  /**
   * Comes alone, after all others. In the middle of it publishes cease, so that nothing that comes later betrays what it
   * made a subscription miss.
   */
  readonly last: PlannedFault | undefined
}

/** Waves without end: the same for the same random numbers. Every kind has had its turn before one comes again. */
export function* planWaves(random: Random, victims: Victims): Generator<Wave, never> {
  const serverDeck = new Deck(victims.servers, random)
  const clientDeck = new Deck([...processFaults, ...linkFaults], random)
  for (;;) {
    const onServers = Array.from({ length: 2 + below(2, random) }, () => planServerFault(serverDeck.draw(), random))
    const losesTail = onServers.some(({ kind }) => kind.losesTail)
    const mayCome = (kind: ProcessFaultKind | LinkFaultKind): boolean =>
      !losesTail || !('victim' in kind && kind.victim === 'publisher')
    const onClients = Array.from({ length: 4 + below(3, random) }, () =>
      planClientFault(clientDeck.draw(mayCome), victims, random),
    )
    const processes = [...victims.publishers, ...victims.subscribers]
    const lanes = [onServers, ...processes.map((name) => onClients.filter(({ process }) => process === name))]
    yield { lanes: lanes.filter((lane) => lane.length > 0), last: planLast(victims, random) }
  }
}

/** Half of the waves have one, on the link of a subscriber. */
function planLast({ subscribers }: Victims, random: Random): PlannedFault | undefined {
  if (random() < 0.5) return undefined
  const kind = pick(
    linkFaults.filter(({ maxMs }) => maxMs > 0),
    random,
  )
  return planClientFault(kind, { servers: [], publishers: [], subscribers }, random)
}

function planServerFault(kind: ServerFaultKind, random: Random): PlannedServerFault {
  return { on: 'servers', kind, seed: below(2 ** 32, random), ...planTimes(kind, random) }
}

function planClientFault(
  kind: ProcessFaultKind | LinkFaultKind,
  { publishers, subscribers }: Victims,
  random: Random,
): PlannedProcessFault | PlannedLinkFault {
  const times = planTimes(kind, random)
  if ('victim' in kind) {
    const process = pick(kind.victim === 'publisher' ? publishers : subscribers, random)
    return { on: 'process', kind, process, ...times }
  }
  const process = pick(kind.feedOnly ? subscribers : [...publishers, ...subscribers], random)
  const only = subscribers.includes(process) ? pick(['feed', 'commands', undefined] as const, random) : undefined
  return { on: 'link', kind, process, only: kind.feedOnly ? 'feed' : only, ...times }
}

function planTimes({ minMs, maxMs }: ServerFaultKind, random: Random): Planned {
  return { afterMs: 200 + below(1_300, random), forMs: minMs + below(maxMs - minMs + 1, random) }
}

/** Cards in random order; when all are drawn they are shuffled anew. */
class Deck<Card> {
  readonly #cards: readonly Card[]
  readonly #random: Random
  #left: Card[] = []

  constructor(cards: readonly Card[], random: Random) {
    this.#cards = cards
    this.#random = random
  }

  /** The next card that may come; others wait for their turn. */
  draw(mayCome: (card: Card) => boolean = () => true): Card {
    let place = this.#left.findIndex(mayCome)
    while (place < 0) {
      this.#left.push(...shuffled(this.#cards, this.#random))
      place = this.#left.findIndex(mayCome)
    }
    const [card] = this.#left.splice(place, 1)
    if (card === undefined) throw new Error('Expected a card that may come')
    return card
  }
}
