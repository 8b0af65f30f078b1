import { beforeEach, describe, expect, it } from 'vitest'
import type { Position } from '../../../../src/log/model/position.js'
import type { InvalidationMessage } from '../../../../src/message/message.js'
import type { Effect, HandOver, LogFrame } from '../../../../src/subscriber/follow/effect.js'
import { Following } from '../../../../src/subscriber/follow/following.js'
import type { Look } from '../../../../src/subscriber/progress/look.js'
import { InvalidMessageError } from '../../../../src/support/errors.js'
import { SubscriptionCounters } from '../../../../src/telemetry/counters.js'

const queue = { pending: 0, pendingBytes: 0, aside: 0, isFull: false }
const limits = { messages: 2, bytes: 1_000 }
let counters: SubscriptionCounters
let following: Following

beforeEach(() => {
  queue.pending = 0
  queue.pendingBytes = 0
  queue.aside = 0
  queue.isFull = false
  counters = new SubscriptionCounters()
  following = new Following({ limits, queue, counters }, false)
})

/** The entry of this number, in a log without trims or failovers. */
function at(number: number): Position {
  return { streamId: `${number}-0`, appendId: `e${number}` }
}

function frame(number: number, { prev = `e${number - 1}`, messages = 1 } = {}): LogFrame {
  const message: InvalidationMessage = {
    action: 'delete',
    entityType: 'user',
    entityId: String(number),
    messageId: `m${number}`,
    timestamp: '2026-11-22T10:00:00.000Z',
    sourceService: 'test',
  }
  const all = Array.from({ length: messages }, () => message)
  return { position: at(number), prev, messages: all, bytes: 10, rejected: [] }
}

/** The same, and a part that could not be read. */
function partOf(number: number): LogFrame {
  return { ...frame(number), rejected: [new InvalidMessageError('a part of it')] }
}

function types(effects: readonly Effect[]): string[] {
  return effects.map((effect) => (effect.type === 'state' ? effect.state : effect.type))
}

function handOverOf(effects: readonly Effect[]): HandOver {
  const found = effects.find((effect) => effect.type === 'hand-over')
  if (!found) throw new Error(`Expected something to be handed over, got ${types(effects).join(', ')}`)
  return found
}

/** A heartbeat of this number, with all else as it was. */
function beat(head: string, number: number, changes: Partial<Look> = {}): Look {
  const replication = { id: 'one', role: 'primary', linkAgeMs: undefined } as const
  return { number, isBeat: true, head, completeAt: number, replication, isSettled: false, ...changes }
}

/** A frame arrives that the log has, and that does not continue the history: a reading begins. */
function findGap(number: number): void {
  following.frame(frame(number))
  expect(types(following.strays.answered(at(number), 'intact'))).toEqual(['read'])
}

/** Brings it live, with this entry as its anchor. */
function goLive(number: number): void {
  following.linkUp('one')
  following.readingWanted()
  const reading = following.beginReading()
  reading.anchored({ position: at(number), added: number }, { id: 'one', since: undefined })
  expect(reading.ended('caught-up').done).toBe(true)
  following.readingsEnded()
  expect(following.state).toBe('live')
}

describe('a first start', () => {
  it('reads the log once the link is up, begins at the anchor, and is live', () => {
    expect(types(following.linkUp('one'))).toEqual(['read'])
    expect(types(following.readingWanted())).toEqual(['replaying'])
    const reading = following.beginReading()
    const ground = { id: 'one', since: undefined }
    expect(types(reading.anchored({ position: at(5), added: 5 }, ground))).toEqual(['advanced'])
    expect(reading.ended('caught-up')).toEqual({ done: true, effects: [] })
    expect(types(following.readingsEnded())).toEqual(['live'])
    expect(following.progress.position).toEqual(at(5))
    expect(following.progress.handled.proof).toBeUndefined()
  })

  it('asks for one reading, however often the link comes up meanwhile, and has it repeated', () => {
    following.linkUp('one')
    const reading = following.beginReading()
    following.linkDown()
    expect(types(following.linkUp('one'))).toEqual(['replaying'])
    expect(reading.ended('caught-up').done).toBe(false)
  })
})

describe('a frame', () => {
  it('that continues the history is handed over, and the handled part grows when it was handled', () => {
    goLive(5)
    const effects = following.frame(frame(6))
    expect(effects).toMatchObject([{ type: 'hand-over', origin: { mode: 'live', position: '6-0@e6' } }])
    expect(following.progress.position).toEqual(at(5))
    expect(following.handled(handOverOf(effects).ticket)).toEqual([
      { type: 'advanced', position: at(6), newHistory: false },
    ])
    expect(counters.live).toBe(1)
  })

  it('that can not be read in full is read from the log, though it continues the history', () => {
    goLive(5)
    expect(types(following.frame(partOf(6)))).toEqual(['look-up'])
    expect(types(following.strays.answered(at(6), 'intact'))).toEqual(['read'])
    expect(following.progress.position).toEqual(at(5))
    const reading = following.beginReading()
    expect(reading.ended('caught-up').effects).toMatchObject([
      { type: 'garbage', rejected: [{ message: 'a part of it' }] },
      { type: 'hand-over', ticket: undefined },
    ])
  })

  it('without a message is handled at once', () => {
    goLive(5)
    expect(types(following.frame(frame(6, { messages: 0 })))).toEqual(['advanced'])
  })

  it('that was accepted before is dropped and counted', () => {
    goLive(5)
    following.frame(frame(6))
    expect(following.frame(frame(6))).toEqual([])
    expect(counters.duplicates).toBe(1)
  })

  it('that does not continue the history waits for the answer of the log; one that the log has is a gap', () => {
    goLive(5)
    expect(following.frame(frame(7))).toEqual([{ type: 'look-up', position: at(7) }])
    expect(following.frame(frame(7)), 'it is asked about once').toEqual([])
    expect(types(following.frame(frame(8)))).toEqual(['look-up'])
    expect(following.buffered).toBe(2)
    expect(counters.gaps).toBe(0)
    expect(types(following.strays.answered(at(7), 'intact'))).toEqual(['read'])
    expect(following.strays.awaits(at(8)), 'the reading answers about it').toBe(false)
    expect(following.buffered).toBe(2)
    expect(counters.gaps).toBe(1)
  })

  it('without room makes it lag, and is read from the log', () => {
    goLive(5)
    queue.pending = 2
    expect(types(following.frame(frame(6)))).toEqual(['lagging', 'read'])
  })

  it('that is not in the log and without room is a resync', () => {
    goLive(5)
    expect(types(following.foreignFrame(frame(6)))).toEqual(['hand-over'])
    queue.pending = 2
    expect(types(following.foreignFrame(frame(6)))).toEqual(['read'])
    expect(following.beginReading().wanted).toBe('overflow')
  })

  it('has no effect once it is closed', () => {
    goLive(5)
    expect(types(following.close())).toEqual(['closed'])
    expect([following.frame(frame(6)), following.foreignFrame(frame(7)), following.linkUp('one')]).toEqual([[], [], []])
  })
})

describe('a stray', () => {
  it('does not hold up what continues the history', () => {
    goLive(5)
    following.frame(frame(9, { prev: 'elsewhere' }))
    expect(types(following.frame(frame(6)))).toEqual(['hand-over'])
  })

  it('that is not in the log is handed over; no position moves, and the log is not read', () => {
    goLive(5)
    following.frame(frame(9, { prev: 'elsewhere' }))
    const effects = following.strays.answered(at(9), 'gone')
    expect(types(effects)).toEqual(['hand-over'])
    expect(counters).toMatchObject({ orphaned: 1, gaps: 0 })
    expect(following.handled(handOverOf(effects).ticket)).toEqual([{ type: 'entry-handled', position: at(9) }])
    expect(following.progress.position).toEqual(at(5))
  })

  it('whose answer has to wait is handed over at once, and proves nothing to those who wait for it', () => {
    goLive(5)
    following.frame(frame(7))
    const effects = following.strays.delayed(at(7))
    expect(types(effects)).toEqual(['hand-over'])
    expect(following.handled(handOverOf(effects).ticket)).toEqual([])
    expect(following.buffered).toBe(0)
    expect(following.strays.answered(at(7), 'gone'), 'it is not handed over twice').toEqual([])
    following.frame(frame(8))
    following.strays.delayed(at(8))
    expect(types(following.strays.answered(at(8), 'intact')), 'the log has it').toEqual(['read'])
  })

  it('that nobody can be asked about is handed over and forgotten', () => {
    goLive(5)
    following.frame(frame(7))
    expect(types(following.strays.refused(at(7)))).toEqual(['hand-over'])
    expect(following.strays.awaits(at(7))).toBe(false)
  })

  it('takes room: beyond it the next is handed over at once, and without room for that everything is evicted', () => {
    goLive(5)
    following.frame(frame(11, { prev: 'x' }))
    following.frame(frame(12, { prev: 'x' }))
    expect(types(following.frame(frame(13, { prev: 'x' })))).toEqual(['hand-over', 'look-up'])
    expect(following.buffered).toBe(2)
    queue.pending = 2
    expect(types(following.strays.answered(at(11), 'gone'))).toEqual(['read'])
    expect(following.beginReading().wanted).toBe('overflow')
  })

  it('of the name of one that waits does not continue the history: it names another entry before it', () => {
    goLive(5)
    following.frame(frame(7))
    expect(following.frame(frame(7, { prev: 'e5' }))).toEqual([])
    expect(types(following.strays.answered(at(7), 'intact'))).toEqual(['read'])
  })

  it('that arrives while the link is down waits for the next reading', () => {
    goLive(5)
    following.linkDown()
    expect(following.frame(frame(7))).toEqual([])
    expect(following.buffered).toBe(1)
    expect(types(following.linkUp('one'))).toEqual(['read'])
  })

  it('under an accepted append id is not a duplicate if its stream ID is another', () => {
    goLive(5)
    following.frame(frame(6))
    const copy = { ...frame(6), position: { streamId: '7-0', appendId: 'e6' } }
    expect(types(following.frame(copy))).toEqual(['look-up'])
    expect(counters.duplicates).toBe(0)
  })
})

describe('waiting for a position', () => {
  it('ends with its entry, and not with a frame that copied its append id', () => {
    goLive(5)
    const forged = { ...frame(6), position: { streamId: '99-0', appendId: 'e6' } }
    following.handled(handOverOf(following.frame(forged)).ticket)
    expect(following.isEntryHandled(at(6))).toBe(false)
    expect(following.isEntryHandled(forged.position)).toBe(true)
  })
})

describe('the end of a reading', () => {
  it('hands over the frames that continue it, in order, as far as there is room', () => {
    goLive(5)
    findGap(7)
    const reading = following.beginReading()
    reading.entry({ ...frame(6), frame: '{}' }, { messages: [], rejected: [] })
    reading.entry({ ...frame(7), frame: '{}' }, { messages: [], rejected: [] })
    following.frame(frame(8))
    following.frame(frame(9))
    queue.pending = 1
    const { done, effects } = reading.ended('caught-up')
    expect(types(effects)).toEqual(['hand-over', 'lagging'])
    expect(handOverOf(effects).origin).toEqual({ mode: 'live', position: '8-0@e8' })
    expect(done, 'the last is read again').toBe(false)
  })

  it('hands over a frame that arrived before it and is not in the log: it is of a replaced history', () => {
    goLive(5)
    following.frame(frame(7, { prev: 'lost' }))
    findGap(9)
    const { done, effects } = following.beginReading().ended('caught-up')
    expect(done).toBe(true)
    expect(counters.orphaned).toBe(2)
    expect(following.handled(handOverOf(effects).ticket)).toEqual([{ type: 'entry-handled', position: at(9) }])
  })

  it('evicts everything if there is no room for frames that are not in the log', () => {
    goLive(5)
    following.frame(frame(7, { prev: 'lost' }))
    findGap(9)
    queue.pending = 1
    const { done, effects } = following.beginReading().ended('caught-up')
    expect(types(effects)).toEqual(['hand-over'])
    expect(done).toBe(false)
    expect(following.beginReading().wanted).toBe('overflow')
  })

  it('asks the log about what arrived meanwhile and does not continue it', () => {
    goLive(5)
    findGap(7)
    const reading = following.beginReading()
    reading.entry({ ...frame(6), frame: '{}' }, { messages: [], rejected: [] })
    reading.entry({ ...frame(7), frame: '{}' }, { messages: [], rejected: [] })
    following.frame(frame(9))
    const { done, effects } = reading.ended('caught-up')
    expect(effects).toEqual([{ type: 'look-up', position: at(9) }])
    expect(done).toBe(true)
  })

  it('that evicted everything drops what arrived before it, and has the log read again', () => {
    goLive(5)
    findGap(7)
    const reading = following.beginReading()
    const anchor = { position: at(9), added: 9 }
    reading.resync('deleted', { anchor, head: 'e9', mark: 0, ground: { id: 'one', since: undefined } })
    expect(reading.ended('resynced')).toEqual({ done: false, effects: [] })
    expect(following.buffered).toBe(0)
    expect(counters.resyncsByReason).toEqual(new Map([['deleted', 1]]))
  })

  it('is live only while the link is up', () => {
    goLive(5)
    following.frame(frame(7))
    following.linkDown()
    expect(following.wantsReading).toBe(false)
    expect(following.readingsEnded()).toEqual([])
    expect(following.state).toBe('disconnected')
  })
})

describe('a heartbeat', () => {
  it('verifies what has been handled', () => {
    goLive(5)
    expect(types(following.looked(beat('e5', 9)))).toEqual(['verified'])
    expect(following.progress.handled.proof).toEqual({ look: 9, id: 'one', completeAt: 9 })
  })

  it('has the log read for a head that a whole beat did not bring, and then the connection replaced', () => {
    goLive(5)
    expect(following.looked(beat('e6', 1))).toEqual([])
    expect(types(following.looked(beat('e6', 2)))).toEqual(['read'])
    following.beginReading().ended('caught-up')
    following.readingsEnded()
    expect(types(following.looked(beat('e6', 3)))).toEqual(['replace-feed'])
    expect(counters.gaps).toBe(2)
  })
})

describe('while a resync waits', () => {
  it('what has arrived and what arrives is handed over as far as there is room, and the position stays', () => {
    goLive(5)
    findGap(8)
    following.beginReading()
    const effects = following.resyncWaits()
    expect(effects).toMatchObject([{ type: 'hand-over', ticket: undefined }])
    queue.pending = 1
    expect(types(following.frame(frame(9)))).toEqual(['hand-over'])
    queue.pending = 2
    expect(following.frame(frame(10))).toEqual([])
    expect(following.frame(frame(5))).toEqual([])
    expect([following.buffered, following.progress.position]).toEqual([0, at(5)])
    expect(counters).toMatchObject({ orphaned: 2, duplicates: 1 })
  })

  it('nobody is told that a frame was handled of which a part could not be read', () => {
    goLive(5)
    findGap(8)
    following.beginReading()
    following.resyncWaits()
    expect(following.frame(partOf(9))).toMatchObject([{ type: 'garbage' }, { type: 'hand-over', ticket: undefined }])
  })

  it('and then has its turn, what arrives waits for the log to be read again', () => {
    goLive(5)
    findGap(8)
    const reading = following.beginReading()
    following.resyncWaits()
    following.resyncBegins()
    expect(following.frame(frame(9))).toEqual([])
    expect(following.buffered).toBe(1)
    const anchor = { position: at(8), added: 8 }
    reading.resync('unreadable', { anchor, head: 'e8', mark: 0, ground: { id: 'one', since: undefined } })
    expect(reading.ended('resynced').done).toBe(false)
    expect(following.buffered).toBe(0)
  })
})
