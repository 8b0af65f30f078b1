import { expect, it } from 'vitest'
import { logKeys, streamOfLogKey } from '../../../../src/log/model/keys.js'

it('every key of a log is recognised, whatever its channel', () => {
  for (const channel of ['cache:invalidate', 'a b', '{', '*']) {
    const { channel: _, ...keys } = logKeys(channel)
    for (const key of Object.values(keys)) expect(streamOfLogKey(key)).toBe(keys.stream)
  }
})

it.each(['user:1', '{user:1}', '{user:1}:name', 'x{user:1}:last', '{user:1}:last:2', '{}:last', '{a}b}:last'])(
  '%s is no key of a log',
  (key) => {
    expect(streamOfLogKey(key)).toBeUndefined()
  },
)
