import { describe, expect, it } from 'vitest'
import {
  formatCursor,
  formatPosition,
  parseCursor,
  parsePosition,
  shortId,
} from '../../../../src/log/model/position.js'

const position = { streamId: '1795365850251-16', appendId: 'abcdefgh4mnz' }
const id = shortId('8f2c01d9e4b7a6530123456789abcdef01234567')

describe('a cursor', () => {
  it('keeps the position and the replication id', () => {
    const text = formatCursor(position, id)
    expect(text).toBe('1795365850251-16@abcdefgh4mnz..8f2c01d9e4b7a653')
    expect(parseCursor(text)).toEqual({ position, replicationId: id })
  })

  it('of a version without the id is read as well', () => {
    expect(parseCursor(formatPosition(position))).toEqual({ position, replicationId: undefined })
  })

  it('is a position to a version without the id, of an entry that no log has', () => {
    expect(parsePosition(formatCursor(position, id))).toEqual({
      ...position,
      appendId: 'abcdefgh4mnz..8f2c01d9e4b7a653',
    })
  })

  it.each([undefined, ''])('does without the id %s', (none) => {
    expect(formatCursor(position, shortId(none))).toBe(formatPosition(position))
  })

  it.each(['this process', 'a..b', 'ü', 'a@b', 'same prefix, other end'])('keeps the odd id %s', (odd) => {
    expect(parseCursor(formatCursor(position, shortId(odd)))).toEqual({ position, replicationId: shortId(odd) })
  })

  it('does without an id that an append id leaves no room for', () => {
    const long = { ...position, appendId: 'a'.repeat(60) }
    expect(parseCursor(formatCursor(long, id))).toEqual({ position: long, replicationId: undefined })
  })
})
