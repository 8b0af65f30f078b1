import type { InvalidationLog, LogCommands } from './log.js'

/** Calls that replace those of a command connection. `up` can't be replaced: it is always the current one. */
export type ChangedCalls = Partial<Omit<LogCommands, 'up'>>

/** The same log, except for some of the calls of its command connections. `change` gets the connection as it was. */
export function changeCommands(log: InvalidationLog, change: (commands: LogCommands) => ChangedCalls): InvalidationLog {
  return {
    channel: log.channel,
    server: log.server,
    database: log.database,
    origin: log.origin,
    openFeed: (listener) => log.openFeed(listener),
    openCommands(listener) {
      const commands = log.openCommands(listener)
      return withCalls(commands, change(commands))
    },
  }
}

/** A connection that forwards each call, except for the changed ones. */
function withCalls(commands: LogCommands, changed: ChangedCalls): LogCommands {
  return {
    get up() {
      return commands.up
    },
    opened: () => commands.opened(),
    reconnect: () => commands.reconnect(),
    close: () => commands.close(),
    append: (appendId, frame, retention) => commands.append(appendId, frame, retention),
    waitReplicas: (count, timeoutMs) => commands.waitReplicas(count, timeoutMs),
    replication: () => commands.replication(),
    head: () => commands.head(),
    anchor: (appendId, retention) => commands.anchor(appendId, retention),
    trim: (retention) => commands.trim(retention),
    inspect: (position) => commands.inspect(position),
    lookup: (positions) => commands.lookup(positions),
    readPage: (from, count, joined) => commands.readPage(from, count, joined),
    loadCursor: (name) => commands.loadCursor(name),
    saveCursor: (name, position, overwrite) => commands.saveCursor(name, position, overwrite),
    addDeadLetter: (letter, cap) => commands.addDeadLetter(letter, cap),
    listDeadLetters: (from, count) => commands.listDeadLetters(from, count),
    removeDeadLetters: (ids) => commands.removeDeadLetters(ids),
    announce: (member, id, record, ttlMs) => commands.announce(member, id, record, ttlMs),
    withdraw: (member, id) => commands.withdraw(member, id),
    listAnnounced: (member) => commands.listAnnounced(member),
    ...changed,
  }
}
