import { describe, expect, test } from 'vitest'
import { asPublished, frameFormNamed, frameForms } from '../../../bench/frame/forms.js'
import { freshIds, idKinds } from '../../../bench/frame/ids.js'
import { decodeFrame } from '../../../src/message/wire/decode-frame.js'

describe.each(idKinds)('ids: $name', ({ name, characters }) => {
  const nextId = freshIds(name)
  const ids = Array.from({ length: 380 }, nextId)

  test('have the length that the parameter of the case says, and differ', () => {
    expect(ids.map((id) => id.length)).toEqual(ids.map(() => characters))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).not.toContain(nextId())
  })

  test('ours and the list are frames of the same messages, each in full, and read as such', () => {
    const contents = ['cache-invalidation', 'list'].map((form) => {
      const { write, read } = frameFormNamed(form)
      const published = asPublished(write(ids))
      expect(read(published)).toBe(ids.length * characters)
      return decodeFrame(published)
    })
    for (const { messages, rejected, prev } of contents) {
      expect(rejected).toEqual([])
      expect(prev).toBe('abcdefgh0')
      expect(messages).toMatchObject(
        ids.map((entityId) => ({ action: 'delete', entityType: 'user', entityId, sourceService: 'bench' })),
      )
      for (const { messageId, timestamp } of messages) {
        expect(messageId).not.toBe('')
        expect(Date.parse(timestamp)).toBeGreaterThan(0)
      }
    }
  })
})

test('ids of six digits do not come again before all were there, and are in no order', () => {
  const ids = Array.from({ length: 900_000 }, freshIds('six digits'))
  expect(new Set(ids).size).toBe(900_000)
  expect(ids.slice(0, 200)).not.toEqual(ids.slice(0, 200).toSorted())
})

test('what is bare of our frame is the same text', () => {
  const { write, read, isWrittenByOurs } = frameFormNamed('bare')
  expect(isWrittenByOurs).toBe(true)
  expect(write).toBe(frameFormNamed('cache-invalidation').write)
  expect(read(asPublished(write(['100000', '100001'])))).toBeGreaterThan(0)
})

test('ours comes first, and a form that is not there is refused by name', () => {
  expect(frameForms.map(({ name }) => name)).toEqual(['cache-invalidation', 'list', 'bare'])
  expect(() => frameFormNamed('columns')).toThrow(
    'Expected the name of a form, such as cache-invalidation, got `columns`',
  )
})
