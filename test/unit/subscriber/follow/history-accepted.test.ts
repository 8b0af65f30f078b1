import { expect, it } from 'vitest'
import { AcceptedEntries, rememberedEntries } from '../../../../src/subscriber/follow/history.js'

const position = (number: number) => ({ streamId: `${number}-0`, appendId: `e${number}` })

it('remembers the newest entries, in the order they were accepted', () => {
  const accepted = new AcceptedEntries()
  for (let number = 1; number <= rememberedEntries + 2; number++) accepted.add(position(number))
  expect(accepted.streamIdOf('e2')).toBeUndefined()
  expect(accepted.streamIdOf('e3')).toBe('3-0')
  expect(accepted.sequenceOf('e3')).toBe(3)
  expect(accepted.sequenceOf('e2')).toBeUndefined()
  const newest = accepted.newestFirst()
  expect(newest).toHaveLength(rememberedEntries)
  expect(newest[0]).toEqual(position(rememberedEntries + 2))
  expect(newest.at(-1)).toEqual(position(3))
})

it('takes an entry that is accepted again for the newest', () => {
  const accepted = new AcceptedEntries()
  accepted.add(position(1))
  accepted.add(position(2))
  expect(accepted.add(position(1))).toBe(3)
  expect(accepted.newestFirst()).toEqual([position(1), position(2)])
  expect(accepted.sequence).toBe(3)
})

it('remembers an entry that was accepted again as if it had been accepted only then', () => {
  const accepted = new AcceptedEntries()
  for (let number = 1; number <= 10; number++) accepted.add(position(number))
  accepted.add(position(1))
  for (let number = 11; number <= rememberedEntries; number++) accepted.add(position(number))
  expect(accepted.sequenceOf('e1')).toBe(11)
  expect(accepted.newestFirst().at(-1)).toEqual(position(2))
  for (let place = 0; place < 10; place++) accepted.skip()
  expect(accepted.streamIdOf('e1')).toBeUndefined()
  expect(accepted.newestFirst().at(-1)).toEqual(position(11))
  expect(accepted.newestFirst()[0]).toEqual(position(rememberedEntries))
})

it('takes an entry that stands elsewhere now for where it stood last', () => {
  const accepted = new AcceptedEntries()
  accepted.add({ streamId: '1-0', appendId: 'a' })
  accepted.add({ streamId: '2-0', appendId: 'a' })
  expect(accepted.newestFirst()).toEqual([{ streamId: '2-0', appendId: 'a' }])
})
