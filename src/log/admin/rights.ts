import { escapeGlob } from '../../message/glob.js'
import { emptyFrame } from '../model/entry.js'
import type { LogKeys } from '../model/keys.js'
import type { Command } from '../redis/reads.js'

/** Who needs rights. */
export type Role = 'publisher' | 'subscriber'

/** A command that a role sends, or that a script of its own runs. */
export interface Right extends Omit<Need, 'commands'> {
  readonly command: Command
}

interface Need {
  readonly role: Role
  /** What happens without it. */
  readonly without: string
  /** Whether the role does its work all the same. */
  readonly optional: boolean
  /**
   * Each complete, so that the server can judge key and channel; but as little harmful as can be: most could not run,
   * and what is published is empty.
   */
  readonly commands: readonly Command[]
}

const noScript = '0'.repeat(40)

/** Commands whose rights are granted by their first word alone, as `+xinfo|stream`. */
const containers = new Set(['CLIENT', 'MEMORY', 'XINFO'])

/** What grants a right: rules of `ACL SETUSER`, which Redis 6.2 and later, and Valkey, understand. */
export function rulesOf({ command }: Pick<Right, 'command'>, keys: LogKeys): readonly string[] {
  const [name, ...args] = command
  const words = containers.has(name) ? command.slice(0, 2) : [name]
  const { channel, ...ours } = keys
  const named = (names: readonly string[], sign: string): readonly string[] =>
    args.filter((arg) => names.includes(arg)).map((arg) => sign + escapeGlob(arg))
  return [`+${words.join('|').toLowerCase()}`, ...named(Object.values(ours), '~'), ...named([channel], '&')]
}

/**
 * Every right that publishers and subscribers of a log need.
 *
 * @param sharded whether they publish and subscribe in the log's slot of a cluster alone
 */
export function rightsOf(keys: LogKeys, sharded: boolean): readonly Right[] {
  return [...publisherNeeds(keys, sharded), ...subscriberNeeds(keys, sharded)].flatMap(({ commands, ...need }) =>
    commands.map((command) => ({ ...need, command })),
  )
}

/** A way to write down what one role needs. */
function needsOf(role: Role) {
  return (optional: boolean, without: string, ...commands: Command[]): Need => ({ role, optional, without, commands })
}

function runScript(...names: string[]): readonly Command[] {
  return [
    ['EVALSHA', noScript, String(names.length), ...names],
    ['EVAL', 'return 1', String(names.length), ...names],
  ]
}

/** A record in a register: written by a script, and removed. */
function keepRecords(register: string): readonly Command[] {
  return [
    ['TIME'],
    ['HSET', register, '', ''],
    ['HLEN', register],
    ['HGETALL', register],
    ['HDEL', register, ''],
    ['PTTL', register],
    ['PEXPIRE', register, ''],
  ]
}

/** Done by both with each connection. */
function onConnect(need: ReturnType<typeof needsOf>): Need {
  return need(true, 'its connections have no name in CLIENT LIST', ['CLIENT', 'SETNAME', ''])
}

function publisherNeeds(keys: LogKeys, sharded: boolean): readonly Need[] {
  const { channel, stream, last, publishers, probe } = keys
  const need = needsOf('publisher')
  return [
    need(
      false,
      'nothing is appended',
      ['EVAL', 'return 1', '2', stream, last],
      ['SET', last, '', 'XX', 'NX', 'GET'],
      ['XADD', stream, 'MAXLEN', '~', '1', 'none', 'a', ''],
    ),
    need(true, 'at `maxmemory` the log makes no room: appends wait; `retention.maxBytes` and `maxAgeMs` are not kept', [
      'XTRIM',
      stream,
      'MAXLEN',
      'none',
    ]),
    need(true, '`retention.maxBytes` is not kept', ['MEMORY', 'USAGE', stream], ['XINFO', 'STREAM', stream]),
    need(true, 'heartbeats do not keep `retention.maxAgeMs`', ['TIME'], ['XINFO', 'STREAM', stream]),
    need(false, 'nothing is live: it is found by heartbeats', [sharded ? 'SPUBLISH' : 'PUBLISH', channel, emptyFrame]),
    need(false, 'what a failover lost is not repaired', ['XRANGE', stream, '-', '+']),
    need(true, 'scripts are sent in full each time', ['EVALSHA', noScript, '2', stream, last]),
    need(
      true,
      'a server that can not do what an append needs shows only when something is published',
      ['EVALSHA', noScript, '1', probe],
      ['EVAL', 'return 1', '1', probe],
      ['SET', probe, '', 'XX', 'GET'],
    ),
    need(true, 'the chain breaks where the key of the head was lost', ['XINFO', 'STREAM', stream]),
    need(true, 'a failed append leaves a wrong head', ['DEL', last]),
    need(false, 'failovers are not noticed, so nothing is repaired; nobody warns of eviction', ['INFO', 'replication']),
    need(true, '`waitReplicas` can not be used', ['WAIT', '0', '0']),
    need(
      true,
      'subscribers do not know of it, so after a failover they do not wait for its repairs',
      ...runScript(publishers),
      ...keepRecords(publishers),
    ),
    onConnect(need),
  ]
}

function subscriberNeeds(keys: LogKeys, sharded: boolean): readonly Need[] {
  const { channel, stream, last, cursors, subscribers, publishers, dead } = keys
  const need = needsOf('subscriber')
  return [
    need(false, 'nothing is received', [sharded ? 'SSUBSCRIBE' : 'SUBSCRIBE', channel], ['PING']),
    need(
      false,
      'nothing that was missed can be found',
      ['MULTI'],
      ['EXEC'],
      ['GET', last],
      ['XRANGE', stream, '-', '+'],
      ['XINFO', 'STREAM', stream],
    ),
    need(
      true,
      'a first start on an empty log, and a failover that lost entries, are followed by a resync; replays are slower',
      ...runScript(stream, last),
      ['XREVRANGE', stream, '+', '-'],
      ['SET', last, '', 'XX', 'NX'],
      ['XADD', stream, 'MAXLEN', '~', '1', 'none', 'a', ''],
    ),
    need(
      true,
      'its markers do not keep `retention.maxBytes`',
      ['MEMORY', 'USAGE', stream],
      ['XTRIM', stream, 'MAXLEN', 'none'],
    ),
    need(
      true,
      'failovers are not noticed, so entries that one lost are vouched for; `strictFailover` can not be used; nobody warns of eviction',
      ['INFO', 'replication'],
    ),
    need(
      true,
      'after a failover nothing is vouched for until a resync: publishers can not be waited for',
      ['TIME'],
      ['HGETALL', publishers],
    ),
    need(
      true,
      '`redisCursor()` can not be used',
      ...runScript(cursors),
      ['HGET', cursors, ''],
      ['HSET', cursors, '', ''],
    ),
    need(true, 'dead letters are not kept', ['XADD', dead, 'MAXLEN', '~', '1', 'none', 'a', '']),
    need(
      true,
      'dead letters can not be listed, purged or redriven; to redrive them takes the rights of a publisher as well',
      ['XRANGE', dead, '-', '+'],
      ['XDEL', dead, '1-1'],
    ),
    need(true, '`status` and `doctor` do not see it', ...runScript(subscribers), ...keepRecords(subscribers)),
    onConnect(need),
  ]
}
