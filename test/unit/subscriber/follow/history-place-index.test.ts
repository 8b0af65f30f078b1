import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { PlaceIndex } from '../../../../src/subscriber/follow/history.js'

/** Of an append id only the end is hashed, so that both of a pair share a hash. */
const pairs = [
  ['a', 'a'],
  ['one-12345678', 'two-12345678'],
  ['', ''],
] as const
const texts = [...new Set(pairs.flat())]

it('finds in a ring what a search through it finds, the newest first, and looks only at what shares the hash', () => {
  const next = fc.option(fc.constantFrom(...texts), { nil: undefined })
  fc.assert(
    fc.property(fc.array(next, { size: 'max', maxLength: 40 }), (added) => {
      const ring = new Array<string | undefined>(4).fill(undefined)
      const index = new PlaceIndex(ring.length)
      added.forEach((text, sequence) => {
        const place = sequence % ring.length
        const oldest = ring[place]
        if (oldest !== undefined) index.delete(place, oldest)
        ring[place] = text
        if (text !== undefined) index.add(place, text)

        const newestFirst = ring.map((_, age) => (place + ring.length - age) % ring.length)
        for (const [wanted, other] of pairs) {
          const watched = new Proxy(ring, {
            get(target, at) {
              const text: unknown = Reflect.get(target, at)
              expect([wanted, other]).toContain(text)
              return text
            },
          })
          expect(index.find(wanted, watched)).toBe(newestFirst.find((at) => ring[at] === wanted))
        }
      })
    }),
  )
})
