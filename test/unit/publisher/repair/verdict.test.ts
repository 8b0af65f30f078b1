import { expect, test } from 'vitest'
import type { Presence } from '../../../../src/log/model/entry.js'
import { judge, type Suspect, type Verdict } from '../../../../src/publisher/repair/repair.js'

function suspects(text: string): Suspect[] {
  return text.split(' ').map((word) => {
    const [history, presence] = word.split(':')
    return { history: history === '?' ? undefined : history, presence: presence as Presence }
  })
}

/** Suspects, oldest first, as `history:presence`; `?` is a history that is not known. */
test.each<[why: string, given: string, verdicts: Verdict[]]>([
  ['what is there is intact', 'A:intact A:intact', ['intact', 'intact']],
  ['what is not there is gone', 'A:intact A:gone', ['intact', 'gone']],
  ['what is below was trimmed, if a later one of its history is intact', 'A:below A:intact', ['intact', 'intact']],
  ['however many lie between', 'A:below A:gone A:below A:intact', ['intact', 'gone', 'intact', 'intact']],
  ['what is below is unknown, if every later one is gone', 'A:below A:gone', ['unknown', 'gone']],
  ['what is below is unknown, if there is no later one', 'A:below', ['unknown']],
  ['an earlier one that is intact proves nothing', 'A:intact A:below', ['intact', 'unknown']],
  ['one of another history proves nothing', 'A:below B:intact', ['unknown', 'intact']],
  ['each history is proven by its own', 'A:below B:below A:intact B:gone', ['intact', 'unknown', 'intact', 'gone']],
  ['a history that is not known proves nothing', '?:below ?:intact', ['unknown', 'intact']],
])('%s', (_, given, verdicts) => {
  expect(judge(suspects(given))).toEqual(verdicts)
})
