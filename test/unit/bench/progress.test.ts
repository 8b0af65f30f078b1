import { expect, test } from 'vitest'
import { formatSeconds, Progress } from '../../../bench/progress.js'

function progressOn(output: { isTTY?: boolean; columns?: number }, cases: number) {
  let [written, now] = ['', 0]
  const write = (text: string): void => {
    written += text
  }
  return {
    progress: new Progress({ ...output, write }, cases, () => now),
    pass: (ms: number) => (now += ms),
    written: () => written,
  }
}

test('where nobody watches, every run is a line with the share that is done', () => {
  const { progress, written } = progressOn({}, 2)
  progress.ran(0.5, 'first')
  progress.ran(1, 'second')
  progress.ran(0.5, 'third')
  expect(written()).toBe(' 25 %  first\n 50 %  second\n 75 %  third\n')
})

test('on a terminal one line is drawn anew, no wider than it, with the time that is left', () => {
  const { progress, pass, written } = progressOn({ isTTY: true, columns: 60 }, 4)
  pass(10_000)
  progress.ran(1, 'a long line that does not fit on a terminal of sixty columns')
  expect(written()).toBe('\r\u001b[K█████░░░░░░░░░░░░░░░ 25 %, about 30 s left  a long line tha')
  expect(written().split('\u001b[K')[1]).toHaveLength(59)
  progress.say('told')
  expect(written().endsWith('\r\u001b[Ktold\n')).toBe(true)
})

test('seconds are told with their minutes', () => {
  expect([0.4, 45, 60, 200].map(formatSeconds)).toEqual(['0 s', '45 s', '1 min 0 s', '3 min 20 s'])
})
