import { expect, test } from 'vitest'
import { ConfigurationError } from '../../../../src/support/errors.js'
import { MemoryLog } from '../../../../src/testing.js'

const link = new MemoryLog().link()
const log = new MemoryLog()

/** What comes untyped from JavaScript. */
function untyped(value: unknown): never {
  return value as never
}

const counted: readonly [string, (value: never) => void][] = [
  ['drop', (value) => link.drop(value)],
  ['duplicate', (value) => link.duplicate(value)],
  ['delay', (value) => link.delay(value, 1)],
  ['delay by ms', (value) => link.delay(1, value)],
  ['loseAcknowledgements', (value) => link.loseAcknowledgements(value)],
  ['trim', (value) => log.trim(value)],
  ['setReplicas', (value) => log.setReplicas(value)],
  ['failOver', (value) => log.failOver({ lose: value })],
]

test.each(counted)('%s takes whole numbers from 0 up, and nothing else', (_, fault) => {
  fault(untyped(0))
  for (const value of [undefined, null, NaN, -1, 1.5, Infinity, '1']) {
    expect(() => fault(untyped(value))).toThrow(ConfigurationError)
    expect(() => fault(untyped(value))).toThrow(`got \`${String(value)}\``)
  }
})

test('the clock steps by whole numbers, back as well', () => {
  log.stepClock(-60_000)
  for (const value of [undefined, NaN, 1.5, -Infinity]) {
    expect(() => log.stepClock(untyped(value))).toThrow(ConfigurationError)
  }
})

test.each<[string, (value: never) => void, readonly unknown[], readonly unknown[]]>([
  ['cut', (value) => link.cut(value), [undefined, 'commands', 'feeds', 'all'], ['feed', null, 1]],
  ['refuseWrites', (value) => link.refuseWrites(value), ['readonly', 'refused', undefined], ['readOnly', null, true]],
  ['failOver', (value) => log.failOver({ lose: 0, keep: value }), [undefined, 'feeds', 'none'], ['commands', null]],
])('%s takes one of its names, and nothing else', (_, fault, names, others) => {
  for (const name of names) fault(untyped(name))
  for (const other of others) expect(() => fault(untyped(other))).toThrow(ConfigurationError)
})

test.each([[undefined], [null], [2], [{}], [{ loose: 2 }], [{ lose: 2, kept: 'feeds' }]])(
  'a failover can not be %j',
  (failOver) => {
    expect(() => log.failOver(untyped(failOver))).toThrow(ConfigurationError)
  },
)
