import { emptyFrame } from './frame-text.js'
import type { LogKeys } from './keys.js'

/** Who needs rights. */
export type Role = 'publisher' | 'subscriber'

/** A command that a role sends, or that a script of its own runs. */
export interface Right extends Omit<Need, 'commands'> {
  readonly command: Command
}

type Command = readonly [name: string, ...args: string[]]

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

/** Every right that publishers and subscribers of a log need. */
export function rightsOf(keys: LogKeys): readonly Right[] {
  return [...publisherNeeds(keys), ...subscriberNeeds(keys)].flatMap(({ commands, ...need }) =>
    commands.map((command) => ({ ...need, command })),
  )
}

function publisherNeeds({ channel, stream, last }: LogKeys): readonly Need[] {
  const need = (optional: boolean, without: string, ...commands: Command[]): Need => ({
    ...{ role: 'publisher', optional, without, commands },
  })
  return [
    need(
      false,
      'nothing is appended',
      ['EVALSHA', noScript, '2', stream, last],
      ['EVAL', 'return 1', '2', stream, last],
      ['SET', last, '', 'XX', 'NX', 'GET'],
      ['XADD', stream, 'MAXLEN', '~', '1', 'none', 'a', ''],
    ),
    need(false, 'nothing is live: it is found by heartbeats', ['PUBLISH', channel, emptyFrame]),
    need(false, 'what a failover lost is not repaired', ['XRANGE', stream, '-', '+']),
    need(true, 'the chain breaks where the key of the head was lost', ['XINFO', 'STREAM', stream]),
    need(true, 'a failed append leaves a wrong head', ['DEL', last]),
    need(true, 'failovers are not noticed, so nothing is repaired', ['INFO', 'replication']),
    need(true, '`waitReplicas` can not be used', ['WAIT', '0', '0']),
  ]
}

function subscriberNeeds({ channel, stream, last, cursors, subscribers, dead }: LogKeys): readonly Need[] {
  const need = (optional: boolean, without: string, ...commands: Command[]): Need => ({
    ...{ role: 'subscriber', optional, without, commands },
  })
  return [
    need(false, 'nothing is received', ['SUBSCRIBE', channel], ['PING']),
    need(
      false,
      'nothing that was missed can be found',
      ['MULTI'],
      ['EXEC'],
      ['GET', last],
      ['XRANGE', stream, '-', '+'],
      ['XREVRANGE', stream, '+', '-'],
      ['XINFO', 'STREAM', stream],
    ),
    need(
      true,
      'a first start on an empty log is followed by a resync',
      ['EVALSHA', noScript, '2', stream, last],
      ['SET', last, '', 'XX', 'NX'],
      ['XADD', stream, 'MAXLEN', '~', '1', 'none', 'a', ''],
    ),
    need(
      true,
      '`redisCursor()` can not be used',
      ['EVALSHA', noScript, '1', cursors],
      ['HGET', cursors, ''],
      ['HSET', cursors, '', ''],
    ),
    need(true, 'dead letters are not kept', ['XADD', dead, 'MAXLEN', '~', '1', 'none', 'a', '']),
    need(
      true,
      '`status` and `doctor` do not see it',
      ['EVALSHA', noScript, '1', subscribers],
      ['TIME'],
      ['HSET', subscribers, '', ''],
      ['HLEN', subscribers],
      ['HGETALL', subscribers],
      ['HDEL', subscribers, ''],
      ['PTTL', subscribers],
      ['PEXPIRE', subscribers, ''],
    ),
  ]
}
