import type { Mutant } from './mutant.js'

/** What the command line and `doctor` go by. */
export const commandLine: readonly Mutant[] = [
  {
    name: 'tail-alarms-at-its-end',
    lacks: 'the silence of `tail` about messages that it could not print because its reader has gone',
    file: 'cli/tail-printer.ts',
    from: 'if (!this.isOver) throw error',
    to: 'throw error',
    caughtBy: 'test/unit/cli/tail-printer.test.ts',
  },
  {
    name: 'notes-unescaped',
    lacks: 'the escaping of control characters in what warns',
    file: 'cli/output.ts',
    from: "'warning:')} ${printable(text)}`)",
    to: "'warning:')} ${text}`)",
    caughtBy: 'test/integration/cli-hostile.test.ts',
  },
  {
    name: 'json-with-controls',
    lacks: 'the escaping of C1 and bidirectional controls in JSON',
    file: 'cli/output.ts',
    from: 'return this.write(`${printableJson(value)}\\n`)',
    to: 'return this.write(`${JSON.stringify(value)}\\n`)',
    caughtBy: 'test/integration/cli-hostile.test.ts',
  },
  {
    name: 'trial-follows-ask',
    lacks: 'trying rights out at one server alone: a command that follows ASK is run there, and not queued',
    file: 'log/admin/administration.ts',
    from: '(...command) => this.#session.callHere(...command)',
    to: '(...command) => this.#session.call(...command)',
    caughtBy: 'test/integration/cli-topologies.test.ts',
  },
  {
    name: 'operator-stays',
    lacks: 'the way of `status --watch` to the new owner of the log',
    file: 'log/admin/administration.ts',
    from: "this.target !== 'single' && replyCode(error) !== 'CLUSTERDOWN'",
    to: "this.target === 'sentinel' && replyCode(error) !== 'CLUSTERDOWN'",
    caughtBy: 'test/integration/cli-topologies.test.ts',
  },
  {
    name: 'listeners-of-one-node',
    lacks: 'the question to all nodes of a cluster who listens',
    file: 'log/admin/listeners.ts',
    from: 'if (cluster === undefined) return',
    to: 'if (cluster === undefined || listening.channel) return',
    caughtBy: 'test/integration/cli-topologies.test.ts',
  },
  {
    name: 'publish-deaf-to-ctrl-c',
    lacks: 'closing the connection of `publish` when it is interrupted',
    file: 'cli/changed-logs.ts',
    from: "signal.addEventListener('abort', () => void commands.close(), { once: true })",
    to: '',
    caughtBy: 'test/integration/cli-publish.test.ts',
  },
]
