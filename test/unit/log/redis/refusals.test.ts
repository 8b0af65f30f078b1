import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { replyError, toRedisError } from '../../../../src/log/redis/errors.js'
import { adviceFor, kindOfReply, type Refusal, refusalOf } from '../../../../src/log/redis/refusals.js'
import { explainRefusal } from '../../../../src/log/redis/topology/ask.js'
import type { RedisErrorKind } from '../../../../src/support/errors.js'

type Row = readonly [text: string, refusal: Refusal, kind: RedisErrorKind]

const rows: readonly Row[] = [
  ["ERR unknown command 'XRANGE', with args beginning with: 'cache:quota:upstream' '-' ", 'absent', 'refused'],
  ['ERR unknown command `SPUBLISH`, with args beginning with: `rate limit`, ', 'absent', 'refused'],
  ["ERR No such user 'quota'", 'other', 'reply'],
  ['LOADING Redis is loading the dataset in memory', 'not-now', 'reply'],
  ['LOADING Dragonfly is loading the dataset in memory', 'not-now', 'reply'],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', 'not-now', 'reply'],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'not-now', 'reply'],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'not-now', 'moved'],
  ['CLUSTERDOWN Hash slot not served', 'not-now', 'moved'],
  ['ERR max number of clients reached', 'not-now', 'reply'],
  ['ERR max number of clients + cluster connections reached', 'not-now', 'reply'],
  ['ERR max concurrent connections exceeded', 'not-now', 'reply'],
  ['ERR max daily request limit exceeded. Limit: 10000, Usage: 10000.', 'not-now', 'reply'],
  ['upstream failure', 'not-now', 'reply'],
  ['no upstream host', 'not-now', 'reply'],
  ['ERR Connection refused', 'not-now', 'reply'],
  ['ERR Connection timed out', 'not-now', 'reply'],
  ['ERR Host is unreachable', 'not-now', 'reply'],
  ['ERR handle response, backend conn reset', 'not-now', 'reply'],
  ["READONLY You can't write against a read only replica.", 'no-writes', 'readonly'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'no-writes', 'reply'],
  [
    "ERR Error running script (call to f_1): @user_script:2: -OOM command not allowed when used memory > 'maxmemory'. ",
    'no-writes',
    'reply',
  ],
  [
    'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.',
    'no-writes',
    'reply',
  ],
  ['NOREPLICAS Not enough good replicas to write.', 'no-writes', 'reply'],
  ['MOVED 3999 127.0.0.1:6381', 'elsewhere', 'moved'],
  ['ASK 3999 127.0.0.1:6381', 'elsewhere', 'moved'],
  ['NOAUTH Authentication required.', 'not-you', 'refused'],
  [
    'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used',
    'not-you',
    'refused',
  ],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'not-you', 'refused'],
  ['ERR invalid password', 'not-you', 'refused'],
  ['DENIED Redis is running in protected mode because protected mode is enabled', 'not-you', 'refused'],
  ['-DENIED Redis is running in protected mode because protected mode is enabled', 'not-you', 'refused'],
  ["NOPERM User x has no permissions to run the 'evalsha' command", 'no-right', 'refused'],
  ['ERR unknown command `evalsha`, with args beginning with: `abc` ', 'absent', 'refused'],
  ["ERR unknown command 'xadd'", 'absent', 'refused'],
  ['ERR Unknown Redis command called from script script: 1f, on @user_script:3.', 'absent', 'refused'],
  ["ERR unknown subcommand 'load'. Try SCRIPT HELP.", 'absent', 'refused'],
  ["unsupported command 'script'", 'absent', 'refused'],
  ["ERR handle request, command 'SUBSCRIBE' is not allowed", 'absent', 'refused'],
  ["ERR Command is not available: 'EVALSHA'. See https://example.org/docs for details", 'absent', 'refused'],
  ['ERR This instance has cluster support disabled', 'absent', 'refused'],
  ['ERR syntax error', 'other', 'reply'],
  ["ERR wrong number of arguments for 'spublish' command", 'other', 'reply'],
  ['ERR value is not an integer or out of range', 'other', 'reply'],
  ['NOSCRIPT No matching script. Please use EVAL.', 'other', 'reply'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'other', 'reply'],
  ['EXECABORT Transaction discarded because of previous errors.', 'other', 'reply'],
]

describe('what an error reply says about the server', () => {
  test.each(rows)('%s', (text, refusal, kind) => {
    expect([refusalOf(text), kindOfReply(text)]).toEqual([refusal, kind])
  })

  test('all but replies about one call say what to do, unless waiting is all there is', () => {
    const silent = new Set(rows.filter(([text]) => adviceFor(text) === undefined).map(([, refusal]) => refusal))
    expect([...silent].toSorted()).toEqual(['not-now', 'other'])
    expect(rows.filter(([text, refusal]) => refusal === 'not-now' && adviceFor(text) === undefined)).toHaveLength(2)
  })
})

test('arguments that a server repeats are in no error: one may be a password', () => {
  const said = "ERR unknown command 'AUTH', with args beginning with: 's3cret' "
  const reply = Object.assign(new Error(said), { name: 'ReplyError', command: { name: 'auth', args: ['s3cret'] } })
  const errors = [
    replyError(said, 'auth', 'host:1'),
    explainRefusal(reply, { host: 'host', port: 1 }, 'a sentinel'),
    toRedisError(reply, 'auth', 'host:1'),
  ]
  for (const error of errors) expect(inspect(error, { depth: 9 })).not.toContain('s3cret')
})
