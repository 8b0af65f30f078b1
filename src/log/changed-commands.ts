import type { InvalidationLog, LogCommands } from './log.js'

/** The same log, but for some of the calls of its command connections. */
export function changeCommands(
  log: InvalidationLog,
  change: (commands: LogCommands) => Partial<LogCommands>,
): InvalidationLog {
  return {
    channel: log.channel,
    server: log.server,
    origin: log.origin,
    openFeed: (listener) => log.openFeed(listener),
    openCommands(listener) {
      const commands = log.openCommands(listener)
      return Object.assign(commands, change(commands))
    },
  }
}
