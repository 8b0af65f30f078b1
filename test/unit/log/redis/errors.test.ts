import { describe, expect, it } from 'vitest'
import { replyCode, toRedisError } from '../../../../src/log/redis/errors.js'
import { kindOfReply } from '../../../../src/log/redis/refusals.js'
import { RedisError } from '../../../../src/support/errors.js'

function replyError(text: string): Error {
  return Object.assign(new Error(text), { name: 'ReplyError', command: { name: 'auth', args: ['s3cret'] } })
}

describe('errors of Redis', () => {
  it.each([
    ["READONLY You can't write against a read only replica.", 'readonly'],
    ["READONLY You can't write against a read only replica. script: 1f, on @user_script:1.", 'readonly'],
    ["-READONLY You can't write against a read only replica.", 'readonly'],
    ["ERR Error running script (call to f_1): @user_script:2: @user_script: 2: -READONLY You can't write", 'readonly'],
    ["@user_script: 34: -READONLY You can't write against a read only replica.", 'readonly'],
    ['MOVED 3999 127.0.0.1:6381', 'moved'],
    ['ASK 3999 127.0.0.1:6381', 'moved'],
    ['NOAUTH Authentication required.', 'refused'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'refused'],
    ["NOPERM this user has no permissions to run the 'xadd' command", 'refused'],
    ["ERR The user executing the script can't run this command or subcommand script: 1f", 'refused'],
    ["EXECABORT Transaction discarded because of: NOPERM this user has no permissions to run 'exec'", 'refused'],
    ['EXECABORT Transaction discarded because of previous errors.', 'reply'],
    ["@user_script: 1: The user executing the script can't run this command or subcommand", 'refused'],
    [
      "ERR ACL failure in script: User a has no permissions to run the 'set' command script: on @user_script:1.",
      'refused',
    ],
    ['ERR value is not an integer or out of range', 'reply'],
    ['OOM command not allowed when used memory > maxmemory.', 'reply'],
    ['no code at all', 'reply'],
  ])('%s: %s', (text, kind) => {
    expect(kindOfReply(text)).toBe(kind)
    expect(toRedisError(replyError(text), 'xadd', 'host:1')).toMatchObject({ kind, code: 'REDIS' })
  })

  it('name the command and the server, say what to do, and carry the reply without the command’s arguments', () => {
    const error = toRedisError(replyError('NOAUTH Authentication required.'), 'get', 'example.org:6379')
    expect(error.message).toBe(
      'GET was refused by example.org:6379: NOAUTH Authentication required. The server asks for a password, and none was given: give it in the URL (redis://user:password@host:port) or as `password`',
    )
    expect(error.cause).toMatchObject({ message: 'NOAUTH Authentication required.' })
    expect(error.cause).not.toHaveProperty('command')
    expect(replyCode(error)).toBe('NOAUTH')
  })

  it.each([
    ['CLUSTERDOWN The cluster is down', 'cluster-require-full-coverage'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'RENAME that key'],
    ['MOVED 3999 127.0.0.1:6381', 'redis+cluster://'],
  ])('say of %s what to do about just that', (text, advice) => {
    expect(toRedisError(replyError(text), 'get', 'localhost:1').message).toContain(advice)
  })

  it('are losses of the connection where they are no replies', () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:1')
    const error = toRedisError(cause, 'connect', 'localhost:1')
    expect(error).toMatchObject({ kind: 'disconnected', cause })
    expect(error.message).toContain('ECONNREFUSED')
    expect(replyCode(error)).toBeUndefined()
  })

  it('tell of every address that was tried', () => {
    const cause = new AggregateError([
      new Error('connect ECONNREFUSED ::1:1'),
      new Error('connect ECONNREFUSED 127.0.0.1:1'),
    ])
    expect(toRedisError(cause, 'connect', 'localhost:1').message).toBe(
      'CONNECT to localhost:1 failed: connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1',
    )
  })

  it.each([
    ['Protocol error, got "H" as reply type byte. Please report this.', 'CONFIGURATION', 'answers as an HTTP server'],
    ['Protocol error, got "\\u0015" as reply type byte. Please report this.', 'REDIS', 'asks for TLS'],
    ['Unknown RESP type 72 "H". Please report this.', 'CONFIGURATION', 'answers as an HTTP server'],
    ['Unknown RESP type 21 "\\u0015". Please report this.', 'REDIS', 'asks for TLS'],
    ['write EPIPE', 'REDIS', 'protected mode'],
    ['read ECONNRESET', 'REDIS', 'protected mode'],
  ])('name what answers in place of Redis, or why it may have closed: %s', (text, code, said) => {
    const error = toRedisError(new Error(text), 'connect', 'localhost:1')
    expect(error.code).toBe(code)
    expect(error.message).toContain(said)
  })

  it('stay what they are where they are ours already', () => {
    const error = new RedisError('timeout', 'late')
    expect(toRedisError(error, 'get', 'localhost:1')).toBe(error)
  })
})
