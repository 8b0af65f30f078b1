import { beforeEach, describe, expect, it } from 'vitest'
import { inLogOnly, Trust } from '../../../../src/subscriber/progress/trust.js'

let trust: Trust

beforeEach(() => {
  trust = new Trust()
  trust.idRead('one')
})

describe('what may be missing after a failover', () => {
  it('is nothing before the beginning, and nothing while the replication id stays', () => {
    expect(trust.isDoubtful).toBe(false)
    trust.begun({ id: 'one', since: undefined })
    trust.idRead('one')
    expect(trust.isDoubtful).toBe(false)
  })

  it('is in doubt from a new id on, until the publishers have checked under that id', () => {
    trust.begun({ id: 'one', since: undefined })
    trust.idRead('two')
    expect(trust.isDoubtful).toBe(true)
    trust.settled()
    expect(trust.isDoubtful).toBe(false)
    trust.idRead('three')
    expect(trust.isDoubtful).toBe(true)
  })

  it('is in doubt for a cursor without an id', () => {
    trust.begun({ id: undefined, since: undefined })
    expect(trust.isDoubtful).toBe(true)
  })

  it('is not in doubt if the server does not say its id', () => {
    trust.begun({ id: 'one', since: undefined })
    trust.idRead(undefined)
    expect(trust.isDoubtful).toBe(false)
  })

  it('is nothing once everything was evicted under that id, and not before the handler has run', () => {
    trust.begun({ id: 'one', since: undefined })
    trust.idRead('two')
    trust.resynced(7, { id: 'two', since: undefined })
    trust.handled(6)
    expect(trust.isDoubtful).toBe(true)
    trust.handled(7)
    expect(trust.isDoubtful).toBe(false)
    expect(trust.id).toBe('two')
  })

  it('is saved as known only when a head that was read after the check has been handled', () => {
    trust.begun({ id: 'one', since: undefined })
    trust.idRead('two')
    trust.settled()
    expect(trust.id).toBe('one')
    trust.verified('two')
    expect(trust.id).toBe('two')
  })
})

describe('an entry that is too old to be remembered is covered', () => {
  it('below the log’s first entry, only under the id that is known to have lost nothing', () => {
    expect(trust.covers('5-0', false)).toBe(false)
    trust.begun({ id: 'one', since: undefined })
    expect(trust.covers('5-0', false)).toBe(true)
    trust.idRead('two')
    expect(trust.covers('5-0', false)).toBe(false)
    trust.settled()
    expect(trust.covers('5-0', false), 'what was appended again may not be handled yet').toBe(false)
    trust.verified('two')
    expect(trust.covers('5-0', false)).toBe(true)
  })

  it('in the log, under any id', () => {
    trust.begun({ id: 'one', since: undefined })
    trust.idRead('two')
    expect(trust.covers('5-0', true)).toBe(true)
  })

  it('from a resync on that only notified, and not before it', () => {
    trust.begun({ id: 'one', since: undefined })
    trust.resynced(7, { id: 'one', since: '9-1' })
    trust.handled(7)
    expect([trust.covers('9-0', false), trust.covers('9-0', true)]).toEqual([false, false])
    expect([trust.covers('9-1', false), trust.covers('10-0', true)]).toEqual([true, true])
  })

  it('only in the log, if the log was read from its first entry on', () => {
    trust.begun({ id: 'one', since: inLogOnly })
    expect(trust.covers('5-0', true)).toBe(true)
    expect(trust.covers('5-0', false)).toBe(false)
  })

  it('never, if the server does not say its id and the entry is gone', () => {
    trust.idRead(undefined)
    trust.begun({ id: undefined, since: undefined })
    expect(trust.covers('5-0', false)).toBe(false)
    expect(trust.covers('5-0', true)).toBe(true)
  })
})
