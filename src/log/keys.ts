import { ConfigurationError } from '../errors.js'

/** The names a log has in Redis: one hash tag, so all keys live in one slot. */
export interface LogKeys {
  readonly channel: string
  readonly stream: string
  readonly last: string
  readonly cursors: string
  readonly subscribers: string
  readonly dead: string
  /** Never exists: what the server can do is tried out on it. */
  readonly probe: string
}

/**
 * Derives the names from the channel.
 *
 * @throws ConfigurationError for a channel that can't serve as a hash tag: empty, or with a `}` in it, which would end
 * the tag early
 */
export function logKeys(channel: string): LogKeys {
  if (typeof channel !== 'string' || channel === '' || channel.includes('}')) {
    throw new ConfigurationError(
      `Expected \`channel\` to be a text that is not empty and has no "}" in it, got ${JSON.stringify(channel)}: ` +
        'the keys of the log are named {channel}:…, and Redis takes the text up to the first "}" as their hash tag',
    )
  }
  const tag = `{${channel}}`
  return {
    channel,
    stream: `${tag}:stream`,
    last: `${tag}:last`,
    cursors: `${tag}:cursors`,
    subscribers: `${tag}:subscribers`,
    dead: `${tag}:dead`,
    probe: `${tag}:probe`,
  }
}
