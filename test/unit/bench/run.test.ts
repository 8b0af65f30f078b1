import { describe, expect, test } from 'vitest'
import type { CaseWithoutRedis, Measurement, Reading } from '../../../bench/measurement.js'
import { Progress } from '../../../bench/progress.js'
import { planCases, runCase, type RunOptions } from '../../../bench/run.js'

const figures = [
  { name: 'took_ms', title: 'took', unit: 'ms', better: 'lower' },
  { name: 'lost', title: 'lost', unit: 'messages', better: 'lower', fault: true },
] as const

interface Bench {
  /** The variants, in the order in which they ran, and what was installed and closed. */
  readonly happened: string[]
  readonly said: () => string
  readonly run: (options?: Partial<RunOptions>) => ReturnType<typeof runCase>
}

/** A measurement of one case without Redis; these variants give these readings. */
function benchOf(readings: Readonly<Record<string, Reading>>, peers: Readonly<Record<string, string>> = {}): Bench {
  const happened: string[] = []
  let said = ''
  const only: CaseWithoutRedis = {
    name: 'the case',
    parameters: { size: 1 },
    open({ resources }) {
      resources.defer(() => happened.push('closed'))
      return Object.entries(readings).map(([name, reading]) => ({
        name,
        title: `The ${name}`,
        ...(name in peers && { peer: peers[name] ?? '' }),
        run() {
          happened.push(name)
          return Promise.resolve(reading)
        },
      }))
    },
  }
  const measurement: Measurement = { name: 'things', title: 'Things', figures, cases: () => [only] }
  const write = (text: string): void => {
    said += text
  }
  const progress = new Progress({ write }, 1, () => 0)
  const signal = new AbortController().signal
  const run: Bench['run'] = async (options) => {
    const [planned] = planCases([measurement], 'smoke')
    if (planned === undefined) throw new Error('Expected a case')
    return runCase(planned, { repetitions: 3, signal, progress, ...options })
  }
  return { happened, said: () => said, run }
}

const took = (ms: number): Reading => ({ figures: { took_ms: ms } })

describe('a case', () => {
  test('is measured in turns, each repetition in the reverse order of the one before, and closed', async () => {
    const { happened, run } = benchOf({ one: took(1), two: took(2) })
    const runs = await run()
    expect(happened).toEqual(['one', 'two', 'two', 'one', 'one', 'two', 'closed'])
    expect(runs.map(({ variant, repetition }) => `${variant} ${repetition}`)).toEqual([
      'one 1',
      'two 1',
      'two 2',
      'one 2',
      'one 3',
      'two 3',
    ])
    expect(runs[0]).toEqual({
      measurement: 'things',
      case: 'the case',
      parameters: { size: 1 },
      variant: 'one',
      variantTitle: 'The one',
      repetition: 1,
      figures: { took_ms: 1 },
    })
  })

  test('tells of each run its first figure, and what went wrong', async () => {
    const { said, run } = benchOf({
      one: { figures: { took_ms: 1, lost: 0 } },
      two: { figures: { took_ms: 2, lost: 3 } },
    })
    await run({ repetitions: 1 })
    expect(said()).toBe(
      ' 50 %  things, the case  1/1  The one: took 1 ms\n100 %  things, the case  1/1  The two: took 2 ms, lost 3 messages\n',
    )
  })

  test('leaves out what needs packages of its own, where nothing is to be installed', async () => {
    const { happened, run } = benchOf({ one: took(1), two: took(2) }, { two: 'two-cache' })
    await run({ repetitions: 1 })
    expect(happened).toEqual(['one', 'closed'])
  })

  test('has packages installed before anything runs', async () => {
    const { happened, run } = benchOf({ one: took(1), two: took(2) }, { two: 'two-cache' })
    const installPeer = (peer: string): Promise<void> => {
      happened.push(`install ${peer}`)
      return Promise.resolve()
    }
    await run({ repetitions: 1, installPeer })
    expect(happened).toEqual(['install two-cache', 'one', 'two', 'closed'])
  })

  test('ends with what stopped it, and is closed', async () => {
    const stop = new AbortController()
    const { happened, run } = benchOf({ one: took(1), two: took(2) })
    const installPeer = (): Promise<void> => Promise.resolve()
    const running = run({ signal: stop.signal, installPeer })
    stop.abort(new Error('stopped'))
    await expect(running).rejects.toThrow('stopped')
    expect(happened.at(-1)).toBe('closed')
    expect(happened.length).toBeLessThan(7)
  })

  test.each([
    [{ speed: 1 }, 'things, the case, one: expected figures among took_ms, lost, got `speed`'],
    [{ took_ms: NaN }, 'things, the case, one: expected took_ms to be a finite number, got NaN'],
  ])('that gives %j is refused, and closed', async (wrong, reason) => {
    const { happened, run } = benchOf({ one: { figures: wrong } })
    await expect(run()).rejects.toThrow(reason)
    expect(happened.at(-1)).toBe('closed')
  })
})
