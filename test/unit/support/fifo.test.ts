import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fifo } from '../../../src/support/fifo.js'

test('does as an array does, whatever is pushed, shifted and sifted', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('push' as const) },
    { weight: 5, arbitrary: fc.constant('shift' as const) },
    { weight: 1, arbitrary: fc.constant('retain' as const) },
  )
  fc.assert(
    fc.property(fc.array(step, { size: 'max', maxLength: 200 }), fc.integer({ min: 1, max: 40 }), (steps, repeats) => {
      const fifo = new Fifo<{ readonly n: number }>()
      let model: { readonly n: number }[] = []
      let n = 0
      for (const what of steps) {
        for (let times = 0; times < repeats; times++) {
          if (what === 'push') {
            const item = { n: n++ }
            fifo.push(item)
            model.push(item)
          } else if (what === 'shift') {
            expect(fifo.shift()).toBe(model.shift())
          }
        }
        if (what === 'retain') {
          fifo.retain((item) => item.n % 2 === 0)
          model = model.filter((item) => item.n % 2 === 0)
        }
        expect(fifo.length).toBe(model.length)
        expect(fifo.first).toBe(model[0])
      }
      expect([...fifo]).toEqual(model)
    }),
  )
})
