/**
 * The one import of ioredis, as a whole: names that an older version lacks would fail before that version can be
 * reported. Not as a namespace: in one of Vitest's the names have no values.
 */
import ioredis from 'ioredis'
import { ConfigurationError } from '../../support/errors.js'
import { describeLacking, describeUnsuitable } from '../../support/peers.js'

/** Versions with all that our connections rely on, and that the tests run against. */
const peer = { name: 'ioredis', lowest: { 5: 4, 6: 0 } } as const

export const { AbstractConnector, Redis } = ioredis
export type AbstractConnector = InstanceType<typeof AbstractConnector>

let problem: string | false | undefined

/** @throws ConfigurationError that names the version which is installed, if it is another than those that serve */
export function checkIoredis(): void {
  problem ??= describeUnsuitable(peer) ?? describeLack({ AbstractConnector, Redis }) ?? false
  if (problem !== false) throw new ConfigurationError(problem)
}

/** Before version 5 they were not exported by name; the types say that they are there. */
function describeLack(parts: Partial<Pick<typeof ioredis, 'AbstractConnector' | 'Redis'>>): string | undefined {
  const lacking = (['Redis', 'AbstractConnector'] as const).find((part) => parts[part] === undefined)
  return lacking && describeLacking(peer, lacking)
}
