import { expect, it } from 'vitest'
import { ArrivalBuffer, type LogFrame } from '../../../src/subscribing/arrival-buffer.js'

function frame(id: number): LogFrame {
  return { position: { streamId: `${id}-0`, appendId: `e${id}` }, prev: `e${id - 1}`, messages: [] }
}

it('lets frames without a message take room, and gives it back', () => {
  const buffer = new ArrivalBuffer()
  for (let id = 1; id <= 10; id++) expect(buffer.add(frame(id), 10)).toBe(true)
  expect(buffer.messages).toBe(10)
  expect(buffer.remove('e1')).toBe(true)
  expect(buffer.add(frame(11), 10)).toBe(true)
  expect(buffer.add(frame(12), 10)).toBe(false)
  expect([buffer.messages, buffer.dropped]).toEqual([0, true])
})
