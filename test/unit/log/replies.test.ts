import { describe, expect, it } from 'vitest'
import { RedisError } from '../../../src/errors.js'
import { readEntry, readNumber, readOptionalText, readPresence, readStreamInfo } from '../../../src/log/replies.js'

describe('replies', () => {
  it('are read as entries, whatever the order of the fields', () => {
    const entry = { position: { streamId: '1-2', appendId: 'x' }, prev: 'w', frame: '{}' }
    expect(readEntry(['1-2', ['a', 'x', 'p', 'w', 'm', '{}']])).toEqual(entry)
    expect(readEntry(['1-2', ['m', '{}', 'other', 'a', 'p', 'w', 'a', 'x']])).toEqual(entry)
  })

  it('are read as entries that continue nothing where somebody else wrote them', () => {
    const foreign = { position: { streamId: '1-2', appendId: '' }, prev: '', frame: '' }
    expect(readEntry(['1-2', ['field', 'value']])).toEqual(foreign)
  })

  it('are read as what XINFO STREAM says, before Redis 7 and after', () => {
    const entry = ['1-2', ['a', 'x', 'p', '', 'm', '{}']]
    const old = ['length', 1, 'last-generated-id', '1-2', 'groups', 0, 'first-entry', entry, 'last-entry', entry]
    expect(readStreamInfo(old)).toMatchObject({ length: 1, added: undefined, lastId: '1-2' })
    expect(readStreamInfo([...old, 'entries-added', 7])).toMatchObject({ added: 7, last: { prev: '' } })
    const empty = ['length', 0, 'last-generated-id', '1-2', 'first-entry', null, 'last-entry', null]
    expect(readStreamInfo(empty)).toMatchObject({ first: undefined, last: undefined })
    expect(readStreamInfo(null)).toBeUndefined()
  })

  it('are refused where they are not what was asked for', () => {
    expect(() => readEntry('1-2')).toThrow(RedisError)
    expect(() => readNumber('many')).toThrow('"many"')
    expect(() => readOptionalText(7)).toThrow('7')
    expect(() => readPresence('somewhere')).toThrow('"somewhere"')
  })
})
