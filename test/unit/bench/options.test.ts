import { describe, expect, test } from 'vitest'
import { measurements } from '../../../bench/measurements.js'
import { help, parseOptions, reportFolder } from '../../../bench/options.js'

const names = measurements.map(({ name }) => name)

function options(...args: string[]) {
  const parsed = parseOptions(args)
  if (parsed === 'help') throw new Error('Expected options, got help')
  return parsed
}

test('by default everything is measured five times, and the report is left where it is committed', () => {
  expect(options()).toEqual({
    measurements,
    repetitions: 5,
    size: 'default',
    withPeers: true,
    json: false,
    from: undefined,
    compare: undefined,
    out: reportFolder,
  })
})

test('the names of measurements are distinct', () => {
  expect(new Set(names).size).toBe(names.length)
})

test('--only can be given more than once, and does not change the order', () => {
  const [first = '', , third = ''] = names
  expect(options('--only', third, '--only', first).measurements.map(({ name }) => name)).toEqual([first, third])
})

describe('the report', () => {
  const partial = [['--only', names[0] ?? ''], ['--smoke'], ['--without-peers'], ['--repetitions', '4']]

  test.each([...partial, ['--from', 'old.json']].map((args) => [args] as const))(
    'of %j is left nowhere, unless it is told where',
    (args) => {
      expect(options(...args).out).toBeUndefined()
      expect(options(...args, '--out', 'elsewhere').out).toBe('elsewhere')
    },
  )

  test.each(partial.map((args) => [args] as const))('of %j can not take the place of the committed one', (args) => {
    expect(() => parseOptions([...args, '--out', reportFolder])).toThrow('Expected --out to be another folder')
  })

  test('that was measured before can be written anew', () => {
    expect(options('--from', 'old.json', '--out', reportFolder).out).toBe(reportFolder)
  })

  test('of a full run is left where it is committed', () => {
    expect(options('--full', '--repetitions', '7')).toMatchObject({ size: 'full', out: reportFolder, repetitions: 7 })
  })
})

test('what only shows that it runs is run once, unless it is told how often', () => {
  expect(options('--smoke')).toMatchObject({ size: 'smoke', repetitions: 1 })
  expect(options('--smoke', '--repetitions', '2').repetitions).toBe(2)
})

test.each([
  [['--only', 'speed'], `Expected --only to be one of ${names.join(', ')}, got \`speed\``],
  [['--repetitions', '0'], 'Expected --repetitions to be a whole number from 1 to 1000, got `0`'],
  [['--full', '--smoke'], 'Expected one of --full and --smoke, got both'],
  [['--from', 'old.json', '--only', 'micro'], 'Expected --from without options that say what to measure'],
  [['--from', 'old.json', '--repetitions', '5'], 'Expected --from without options that say what to measure'],
  [['--fast'], "Unknown option '--fast'"],
])('%j is refused', (args, reason) => {
  expect(() => parseOptions(args)).toThrow(reason)
})

test('--help comes before all else, and names every measurement', () => {
  expect(parseOptions(['--help', '--only', 'speed'])).toBe('help')
  for (const name of names) expect(help).toContain(name)
})
