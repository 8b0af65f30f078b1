import { expect, test } from 'vitest'
import { help, parseOptions } from '../../../examples/demo/options.js'
import { UsageError } from '../../../scripts/usage-error.js'

test('options have defaults', () => {
  expect(parseOptions([])).toEqual({ redis: undefined, seconds: 30, seed: 1, json: false })
})

test('options are read', () => {
  const args = ['--redis', 'redis://localhost:6379', '--seconds', '5', '--seed=7', '--json']
  expect(parseOptions(args)).toEqual({ redis: 'redis://localhost:6379', seconds: 5, seed: 7, json: true })
})

test('help wins', () => {
  expect(parseOptions(['--seconds', '0', '--help'])).toBe('help')
  for (const option of ['--redis', '--seconds', '--seed', '--json']) expect(help).toContain(option)
})

test.each([
  [['--nonsense'], "Unknown option '--nonsense'"],
  [['more'], "Unexpected argument 'more'"],
  [['--seconds', '0'], 'Expected --seconds to be a whole number from 1 to 3600, got `0`'],
  [['--seconds', '1e2'], 'Expected --seconds to be a whole number from 1 to 3600, got `1e2`'],
  [['--seed', '-1'], 'Expected --seed to be a whole number from 0 to 4294967295, got `-1`'],
  [['--seed', '--json'], "Option '--seed' argument is ambiguous"],
  [['--seed', '4294967296'], 'Expected --seed to be a whole number from 0 to 4294967295, got `4294967296`'],
  [['--redis', 'localhost'], 'Expected --redis to be a URL such as `redis://localhost:6379`'],
])('%j is refused', (args, message) => {
  expect(() => parseOptions(args)).toThrow(UsageError)
  expect(() => parseOptions(args)).toThrow(message)
})

test('what is no URL is not shown, for there may be a password in it', () => {
  expect(() => parseOptions(['--redis', 'user:secret@host'])).toThrow(/^(?!.*secret)/)
})
