import type { RedisErrorKind } from '../../support/errors.js'

/**
 * What an error reply says about the server.
 *
 * - `not-now`: it can't serve this connection at the moment, or the server behind a proxy can't; it may later
 * - `no-writes`: it serves reads and refuses writes for now
 * - `elsewhere`: another node of the cluster has the key
 * - `not-you`: it does not let us in
 * - `no-right`: the user lacks a right
 * - `absent`: it does not know the command, or does not offer it
 * - `other`: the reply is about this one call
 */
export type Refusal = 'not-now' | 'no-writes' | 'elsewhere' | 'not-you' | 'no-right' | 'absent' | 'other'

interface Row {
  readonly refusal: Refusal
  /** Default `reply`. */
  readonly kind?: RedisErrorKind
  /** What the user can do. */
  readonly advice?: string
}

const notFromHere =
  'A Redis Cluster moves slots and fails over: connections made from a Cluster client, or from a URL such as redis+cluster://host:7000, follow it; those to a single server do not'
const moved = { kind: 'moved', advice: notFromHere } as const

/** Replies that begin with a code. */
const rowOfCode: Readonly<Record<string, Row>> = {
  LOADING: { refusal: 'not-now' },
  BUSY: {
    refusal: 'not-now',
    advice: 'A script has been running for too long: SCRIPT KILL or FUNCTION KILL ends one that has written nothing',
  },
  MASTERDOWN: { refusal: 'not-now', advice: 'This replica has lost its primary: connect to the primary' },
  TRYAGAIN: { refusal: 'not-now', ...moved },
  CLUSTERDOWN: {
    refusal: 'not-now',
    kind: 'moved',
    advice:
      'No node answers for some slots of the cluster (CLUSTER NODES shows the failed ones); with `cluster-require-full-coverage no` the other slots go on without them',
  },
  READONLY: {
    refusal: 'no-writes',
    kind: 'readonly',
    advice: 'This server is a read-only replica: connect to the primary',
  },
  OOM: {
    refusal: 'no-writes',
    advice: 'The server has reached `maxmemory`: raise it, or remove keys that are not needed',
  },
  MISCONF: { refusal: 'no-writes', advice: 'The server can not save its data: its own log says why' },
  NOREPLICAS: {
    refusal: 'no-writes',
    advice: 'Fewer replicas are connected than `min-replicas-to-write` asks for',
  },
  MOVED: { refusal: 'elsewhere', ...moved },
  ASK: { refusal: 'elsewhere', ...moved },
  NOAUTH: {
    refusal: 'not-you',
    kind: 'refused',
    advice:
      'The server asks for a password, and none was given: give it in the URL (redis://user:password@host:port) or as `password`',
  },
  WRONGPASS: {
    refusal: 'not-you',
    kind: 'refused',
    advice: 'User name or password is wrong, or the user is switched off: check them, and ACL GETUSER on the server',
  },
  DENIED: {
    refusal: 'not-you',
    kind: 'refused',
    advice:
      'The server runs in protected mode, in which it serves only its own machine: set a password on it (`requirepass`, or an ACL user) and give it here, or set `protected-mode no` if only trusted hosts can reach it',
  },
  NOPERM: {
    refusal: 'no-right',
    kind: 'refused',
    advice: 'Check the rights (ACL) of the user: `npx cache-invalidation doctor` names those that are missing',
  },
  WRONGTYPE: {
    refusal: 'other',
    advice: 'Another program has written to a key of the log: RENAME that key, or keep the log under another `channel`',
  },
  NOSCRIPT: { refusal: 'other' },
}

/** Replies with the code `ERR`, and replies of proxies, which may have no code. The first row that matches counts. */
const rowsOfText: readonly (Row & { readonly says: RegExp })[] = [
  {
    says: /unknown (redis )?(sub)?command|unsupported (sub)?command|(sub)?command\b.{0,80}\bnot (supported?|allowed|available|enabled|implemented|permitted)|not support(ed)? command|cluster support disabled/i,
    refusal: 'absent',
    kind: 'refused',
    advice: 'The server, or a proxy in between, does not offer this command',
  },
  {
    says: /max number of (clients|connections)|max concurrent connections|too many (clients|connections)/i,
    refusal: 'not-now',
    advice: 'The server has reached its limit of connections: raise `maxclients`, or close unused connections',
  },
  {
    says: /max (daily )?requests? (limit|size)|rate limit|quota/i,
    refusal: 'not-now',
    advice: 'The provider limits requests to this server: raise the limit, or send fewer',
  },
  {
    says: /upstream|no such db node|backend (conn|server)|server closed connection|connection (timed out|refused|reset)|host is (down|unreachable)/i,
    refusal: 'not-now',
    advice: 'The proxy in between can not reach the server behind it',
  },
  {
    says: /invalid password|illegal address|client sent auth/i,
    refusal: 'not-you',
    kind: 'refused',
    advice: 'Check user name, password, and whether this address may connect',
  },
  { says: /operation not permitted|permission denied/i, refusal: 'no-right', kind: 'refused' },
]

const otherRow: Row = { refusal: 'other' }

/**
 * The code that an error reply begins with, such as `NOPERM`; `ERR` if it has none. Before Redis 7 a script wraps the
 * error of its command: `ERR Error running script (call to …): … -READONLY …`, or `@user_script: 3: -READONLY …` if it
 * returns the error.
 */
export function codeOfText(text: string): string {
  // The ACL refused a command of the script: as Redis 6.2 and 7.0 say it, then as later versions and Valkey do.
  if (/The user executing the script can|ACL failure in script/.test(text)) return 'NOPERM'
  // EXEC that is itself refused ends the transaction.
  const refusedExec = /^EXECABORT .* because of: ([A-Z]+) /.exec(text)?.[1]
  if (refusedExec !== undefined) return refusedExec
  const code =
    /^(?:ERR Error running script|@user_script:).*? -?([A-Z]+) /.exec(text)?.[1] ?? /^-?([A-Z]+)\b/.exec(text)?.[1]
  return code ?? 'ERR'
}

/** What an error reply says about the server. */
export function refusalOf(text: string): Refusal {
  return rowOf(text).refusal
}

/** The kind of the error that carries this reply. */
export function kindOfReply(text: string): RedisErrorKind {
  return rowOf(text).kind ?? 'reply'
}

/** What the user can do about this reply; undefined if the reply says it. */
export function adviceFor(text: string): string | undefined {
  return rowOf(text).advice
}

/** The reply without the arguments that the server repeats: they may be a password, or read like another refusal. */
export function withoutArguments(text: string): string {
  return text.replace(/,? with args beginning with:[^]*$/, '').replace(/\b(No such user) '[^]*?'/, '$1')
}

function rowOf(reply: string): Row {
  const text = withoutArguments(reply)
  const code = codeOfText(text)
  const known = rowOfCode[code]
  if (known !== undefined) return known
  // Any other code is about this one call.
  const mayBeProxy = code === 'ERR' || !/^-?[A-Z]{2,} /.test(text)
  return (mayBeProxy ? rowsOfText.find(({ says }) => says.test(text)) : undefined) ?? otherRow
}
