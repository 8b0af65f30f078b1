import { describeValue } from '../../support/describe-value.js'
import { ConfigurationError } from '../../support/errors.js'

/** The names a log has in Redis: one hash tag, so all keys live in one slot. */
export interface LogKeys {
  readonly channel: string
  readonly stream: string
  readonly last: string
  readonly cursors: string
  readonly subscribers: string
  readonly publishers: string
  readonly dead: string
  /** Never exists: what the server can do is tried out on it. */
  readonly probe: string
}

const maxChannelBytes = 512
const control = /\p{Cc}/u

/**
 * Derives the names from the channel.
 *
 * @throws ConfigurationError for a channel that can't serve as a hash tag: empty, or with a `}` in it, which would end
 *   the tag early; and for one that is no Unicode text, has control characters, or is longer than 512 bytes
 */
export function logKeys(channel: string): LogKeys {
  const why = whyNoChannel(channel)
  if (why !== undefined) {
    throw new ConfigurationError(
      `Expected \`channel\` to be a text of 1 to ${maxChannelBytes} bytes without "}" and control characters, got ${describeValue(channel)}: ${why}`,
    )
  }
  const tag = `{${channel}}`
  return {
    channel,
    stream: `${tag}:stream`,
    last: `${tag}:last`,
    cursors: `${tag}:cursors`,
    subscribers: `${tag}:subscribers`,
    publishers: `${tag}:publishers`,
    dead: `${tag}:dead`,
    probe: `${tag}:probe`,
  }
}

/**
 * The suffixes of a log's keys. They include those of other versions, which may keep keys that this version does not.
 */
const keyNames = ['stream', 'last', 'cursors', 'subscribers', 'publishers', 'dead', 'probe']
const logKey = new RegExp(`^(\\{[^}]+\\}):(?:${keyNames.join('|')})$`)

/**
 * The stream of the log to which a key belongs by its name, for any channel; undefined if no log has such a key. A
 * cache may have keys of the same form, so a key belongs to a log only if that stream exists.
 */
export function streamOfLogKey(key: string): string | undefined {
  const tag = logKey.exec(key)?.[1]
  return tag && `${tag}:stream`
}

function whyNoChannel(channel: unknown): string | undefined {
  if (typeof channel !== 'string') return 'it is no text'
  if (channel === '') return 'it is empty'
  if (channel.includes('}')) {
    return 'the keys of the log are named {channel}:…, and Redis takes the text up to the first "}" as their hash tag'
  }
  // What arrives is told apart by the name of its channel, which such a text would not come back as.
  if (!channel.isWellFormed()) return 'it holds half a surrogate pair'
  if (control.test(channel)) return 'it holds a control character'
  return Buffer.byteLength(channel) > maxChannelBytes ? 'it is longer' : undefined
}
