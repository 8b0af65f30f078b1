import { describe, expect, it } from 'vitest'
import type { Inspection } from '../../../../src/log/model/entry.js'
import type { Position } from '../../../../src/log/model/position.js'
import { judgeArrival, judgeContinuity, judgeFork } from '../../../../src/subscriber/follow/continuity.js'

const position: Position = { streamId: '100-0', appendId: 'mine' }
const older: Position = { streamId: '90-0', appendId: 'older' }

/** Accepted entries: stream IDs by append id. */
function accepted(entries: Record<string, string>): { streamIdOf(appendId: string): string | undefined } {
  return { streamIdOf: (appendId) => entries[appendId] }
}

describe('the live rule', () => {
  const next = { streamId: '101-0', appendId: 'next' }
  const rows = [
    { says: 'its prev is mine: deliver', at: position, prev: 'mine', frame: next, verdict: 'deliver' },
    {
      says: 'its prev is mine, in the same millisecond: deliver',
      at: { streamId: '100-9', appendId: 'mine' },
      prev: 'mine',
      frame: { streamId: '100-10', appendId: 'next' },
      verdict: 'deliver',
    },
    {
      says: 'its prev is mine, and its time has one more digit: deliver',
      at: { streamId: '999-10', appendId: 'mine' },
      prev: 'mine',
      frame: { streamId: '1000-0', appendId: 'next' },
      verdict: 'deliver',
    },
    {
      says: 'its prev is mine, and its stream ID is mine as well: recover',
      at: position,
      prev: 'mine',
      frame: { streamId: '100-0', appendId: 'next' },
      verdict: 'recover',
    },
    {
      says: 'its prev is mine, and its stream ID is less: recover',
      at: { streamId: '100-10', appendId: 'mine' },
      prev: 'mine',
      frame: { streamId: '100-9', appendId: 'next' },
      verdict: 'recover',
    },
    {
      says: 'its prev is mine, and its time is earlier though its text is longer: recover',
      at: { streamId: '200-1', appendId: 'mine' },
      prev: 'mine',
      frame: { streamId: '199-10', appendId: 'next' },
      verdict: 'recover',
    },
    {
      says: 'its prev is mine, and its append id was accepted before: recover',
      at: position,
      prev: 'mine',
      frame: { streamId: '101-0', appendId: 'older' },
      verdict: 'recover',
    },
    { says: 'accepted before: duplicate', at: position, prev: 'oldest', frame: older, verdict: 'duplicate' },
    { says: 'I am it: duplicate', at: position, prev: 'older', frame: position, verdict: 'duplicate' },
    {
      says: 'accepted before under another stream ID: recover',
      at: position,
      prev: 'oldest',
      frame: { streamId: '91-0', appendId: 'older' },
      verdict: 'recover',
    },
    { says: 'continues something else: recover', at: position, prev: 'other', frame: next, verdict: 'recover' },
    { says: 'continues nothing: recover', at: position, prev: '', frame: next, verdict: 'recover' },
    { says: 'I am unanchored: recover', at: undefined, prev: '', frame: next, verdict: 'recover' },
  ] as const

  it.each(rows)('$says', ({ at, prev, frame, verdict }) => {
    const known = accepted({ older: '90-0', mine: '100-0' })
    expect(judgeArrival(at, known, { position: frame, prev })).toBe(verdict)
  })
})

function inspection(found: Partial<Inspection>): Inspection {
  return { found: undefined, first: undefined, last: undefined, added: undefined, length: 0, ...found }
}

function firstEntry(streamId: string, prev: string): NonNullable<Inspection['first']> {
  return { position: { streamId, appendId: 'first' }, prev }
}

describe('continuity', () => {
  it('replays from my entry where it is still there', () => {
    const found = inspection({ found: 'mine', first: firstEntry('1-0', ''), last: 'newest', length: 9 })
    expect(judgeContinuity(position, found)).toEqual({
      kind: 'replay',
      start: { at: 'entry', position },
      forked: false,
    })
  })

  it('replays from the first entry where that continues mine', () => {
    const found = inspection({ first: firstEntry('101-0', 'mine'), last: 'newest', length: 3 })
    expect(judgeContinuity(position, found)).toEqual({
      kind: 'replay',
      start: { at: 'first', prev: 'mine' },
      forked: false,
    })
  })

  it('is current where the log is empty and its last append is mine', () => {
    expect(judgeContinuity(position, inspection({ last: 'mine' }))).toEqual({ kind: 'current' })
  })

  it.each([
    { says: 'another entry stands under my ID', found: inspection({ found: 'other', first: firstEntry('1-0', '') }) },
    {
      says: 'no entry stands under my ID',
      found: inspection({ first: firstEntry('1-0', ''), last: 'mine', length: 4 }),
    },
    { says: 'the log is empty and its last append is not mine', found: inspection({ last: 'other' }) },
    { says: 'nothing is there at all', found: inspection({}) },
  ])('does not say where $says', ({ found }) => {
    expect(judgeContinuity(position, found)).toBeUndefined()
  })
})

describe('a log that does not continue my position', () => {
  it('is replayed from the newest accepted entry that is still there', () => {
    const found = inspection({ found: 'other', first: firstEntry('1-0', ''), last: 'newest', length: 9 })
    expect(judgeFork(position, found, older, 5)).toEqual({
      kind: 'replay',
      start: { at: 'entry', position: older },
      forked: true,
    })
  })

  it.each([
    { says: 'it is empty', found: inspection({}), reason: 'log-lost' },
    { says: 'it began anew', found: inspection({ first: firstEntry('200-0', ''), length: 1 }), reason: 'log-lost' },
    {
      says: 'it begins behind me',
      found: inspection({ first: firstEntry('200-0', 'x'), length: 1 }),
      reason: 'trimmed',
    },
    {
      says: 'it reaches back beyond me',
      found: inspection({ first: firstEntry('50-0', 'x'), length: 1 }),
      reason: 'forked',
    },
  ] as const)('is a resync where $says: $reason', ({ found, reason }) => {
    expect(judgeFork(position, found, undefined, undefined)).toEqual({ kind: 'resync', reason, missed: undefined })
  })

  it('tells how many entries a trim took, where the server counts them', () => {
    const found = inspection({ first: firstEntry('200-0', 'x'), added: 50, length: 10 })
    expect(judgeFork(position, found, undefined, 33)).toMatchObject({ reason: 'trimmed', missed: 7 })
    expect(judgeFork(position, found, undefined, undefined)).toMatchObject({ reason: 'trimmed', missed: undefined })
    const uncounted = inspection({ first: firstEntry('200-0', 'x'), length: 10 })
    expect(judgeFork(position, uncounted, undefined, 33)).toMatchObject({ reason: 'trimmed', missed: undefined })
  })
})
