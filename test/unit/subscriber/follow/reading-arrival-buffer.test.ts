import { expect, it } from 'vitest'
import type { LogFrame } from '../../../../src/subscriber/follow/effect.js'
import { ArrivalBuffer } from '../../../../src/subscriber/follow/reading.js'

const limits = { messages: 10, bytes: 1_000 }

function frame(id: number, bytes = 10): LogFrame {
  const position = { streamId: `${id}-0`, appendId: `e${id}` }
  return { position, prev: `e${id - 1}`, messages: [], bytes, rejected: [] }
}

it('lets frames without a message take room, and gives it back', () => {
  const buffer = new ArrivalBuffer()
  for (let id = 1; id <= 10; id++) expect(buffer.add(frame(id), limits)).toBe(true)
  expect(buffer.messages).toBe(10)
  expect(buffer.remove('e1')).toBe(true)
  expect(buffer.add(frame(11), limits)).toBe(true)
  expect(buffer.add(frame(12), limits)).toBe(false)
  expect([buffer.messages, buffer.dropped]).toEqual([0, true])
})

it('holds no more bytes than it may, unless one frame alone is larger', () => {
  const buffer = new ArrivalBuffer()
  expect(buffer.add(frame(1, 2_000), limits)).toBe(true)
  buffer.remove('e1')
  expect([2, 3, 4].map((id) => buffer.add(frame(id, 400), limits))).toEqual([true, true, false])
  expect([buffer.messages, buffer.dropped]).toEqual([0, true])
})

it('keeps nothing more once it has dropped something, until the log is read again', () => {
  const buffer = new ArrivalBuffer()
  buffer.add(frame(1, 600), limits)
  buffer.add(frame(2, 600), limits)
  expect(buffer.add(frame(3), limits)).toBe(false)
  expect(buffer.messages).toBe(0)
  buffer.beginReading()
  expect(buffer.dropped).toBe(false)
  expect(buffer.add(frame(4), limits)).toBe(true)
  expect(buffer.peek()).toMatchObject({ position: { appendId: 'e4' } })
})

it('holds a frame once that arrives again, also where the log is being read since', () => {
  const buffer = new ArrivalBuffer()
  buffer.add(frame(1), limits)
  expect(buffer.add(frame(1), limits)).toBe(true)
  expect(buffer.messages).toBe(1)
  buffer.beginReading()
  expect(buffer.add(frame(1), limits)).toBe(true)
  expect(buffer.messages).toBe(1)
  expect(buffer.takeSuspects()).toEqual([frame(1)])
  expect([buffer.messages, buffer.peek()]).toEqual([0, undefined])
})
