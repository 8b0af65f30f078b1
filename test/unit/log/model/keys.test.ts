import { describe, expect, it } from 'vitest'
import { logKeys } from '../../../../src/log/model/keys.js'
import { ConfigurationError } from '../../../../src/support/errors.js'

describe('logKeys', () => {
  it('names keys after the channel, in one slot', () => {
    expect(logKeys('cache:invalidate')).toEqual({
      channel: 'cache:invalidate',
      stream: '{cache:invalidate}:stream',
      last: '{cache:invalidate}:last',
      cursors: '{cache:invalidate}:cursors',
      subscribers: '{cache:invalidate}:subscribers',
      publishers: '{cache:invalidate}:publishers',
      dead: '{cache:invalidate}:dead',
      probe: '{cache:invalidate}:probe',
    })
  })

  it.each(['a', 'a{b', '{', 'with space', 'ü'])('takes the channel %j, whose keys share one hash tag', (channel) => {
    const { stream, last, cursors, subscribers, dead, probe } = logKeys(channel)
    const keys = [stream, last, cursors, subscribers, dead, probe]
    // As Redis does: from the first "{" to the first "}" behind it.
    const tags = keys.map((key) => key.slice(key.indexOf('{') + 1, key.indexOf('}')))
    expect(new Set(tags)).toEqual(new Set([channel]))
  })

  it.each(['', '}', 'a}', '{a}', 'a}b'])('rejects the channel %j and shows it', (channel) => {
    expect(() => logKeys(channel)).toThrow(ConfigurationError)
    expect(() => logKeys(channel)).toThrow(JSON.stringify(channel))
  })
})
