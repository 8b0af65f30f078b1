import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeClusterPort, freePort } from './free-port.js'
import { findRedisServer } from './redis-server.js'

const readinessTimeoutMs = 20_000
const readiness = /Ready to accept connections|Sentinel ID is/
const terminationTimeoutMs = 5_000

export interface RedisServerOptions {
  /** Further arguments of `redis-server`. */
  readonly args?: readonly string[]
  /** Where it keeps its files. Default: a temporary folder, removed at `stop()`. */
  readonly dir?: string
  /** Default: a free one. */
  readonly port?: number
  /** Default: `none`. */
  readonly persistence?: 'none' | 'aof'
  /** Makes it a node of a cluster, on its own so far. Default: false. */
  readonly cluster?: boolean
  /** Makes it a sentinel with these directives, one a line; it keeps its state in a file in its folder. */
  readonly sentinel?: string
}

/** How a server was started. */
interface LaunchedServer {
  readonly port: number
  readonly dir: string
  readonly args: readonly string[]
  /** Whether its folder goes with it. */
  readonly ownsDir: boolean
}

/** A `redis-server` process of our own, on loopback. It never outlives the process that started it. */
export class RedisServer {
  readonly port: number
  readonly url: string
  readonly dir: string
  readonly #args: readonly string[]
  readonly #ownsDir: boolean
  #process: ChildProcess

  /** @internal use {@link startRedisServer} */
  constructor(running: ChildProcess, { port, dir, args, ownsDir }: LaunchedServer) {
    this.#process = running
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    this.dir = dir
    this.#args = args
    this.#ownsDir = ownsDir
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Whether the process is there, paused or not. */
  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** Shuts it down in order (SIGTERM; SIGKILL where that does not help) and removes its folder if it is our own. */
  async stop(): Promise<void> {
    await terminate(this.#process)
    if (this.#ownsDir) await rm(this.dir, { recursive: true, force: true })
  }

  /** `kill -9`; resolves when the process is gone. Its folder stays. */
  async kill(): Promise<void> {
    await end(this.#process, 'SIGKILL')
  }

  /** Starts it again, with the same port, folder and arguments; stops it in order first where it still runs. */
  async restart(): Promise<void> {
    await terminate(this.#process)
    this.#process = await launch(this.port, this.dir, this.#args)
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void {
    this.#process.kill('SIGSTOP')
  }

  /** Lets a paused server go on. */
  resume(): void {
    this.#process.kill('SIGCONT')
  }
}

/** Starts a server and resolves when it answers PING. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const ownsDir = options.dir === undefined
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'cache-invalidation-redis-')))
  const args = await serverArgs(dir, options)
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await (options.cluster === true ? freeClusterPort() : freePort()))
    try {
      return new RedisServer(await launch(port, dir, args), { port, dir, args, ownsDir })
    } catch (error) {
      // Somebody may take the port between our look and the server's own.
      if (error instanceof PortTakenError && options.port === undefined && attempt < 10) continue
      if (ownsDir) await rm(dir, { recursive: true, force: true })
      throw error
    }
  }
}

async function serverArgs(dir: string, options: RedisServerOptions): Promise<string[]> {
  return [
    ...(options.sentinel === undefined ? [] : await sentinelArgs(dir, options.sentinel)),
    '--appendonly',
    options.persistence === 'aof' ? 'yes' : 'no',
    '--save',
    '',
    ...(options.cluster === true ? ['--cluster-enabled', 'yes'] : []),
    ...(options.args ?? []),
  ]
}

class PortTakenError extends Error {}

/** A sentinel writes down in its configuration what it has learnt. The name of that file must come first. */
async function sentinelArgs(dir: string, directives: string): Promise<string[]> {
  const file = join(dir, 'sentinel.conf')
  await writeFile(file, directives)
  return [file, '--sentinel']
}

/**
 * Its own log says when it listens and has loaded its data; a PONG on the port alone could be somebody else's. So
 * `args` must leave the log level as it is.
 */
async function launch(port: number, dir: string, args: readonly string[]): Promise<ChildProcess> {
  const executable = await findRedisServer()
  const own = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--daemonize', 'no', '--logfile', '']
  // In a session of its own: Ctrl-C at a terminal is for us to answer, and the server still has work to do until we have.
  const child = spawn(executable, [...args, ...own], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-10_000)
      if (readiness.test(output)) resolve()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', reject)
    child.once('close', () => {
      reject(new Error('it exited'))
    })
    setTimeout(reject, readinessTimeoutMs, new Error(`not ready after ${readinessTimeoutMs} ms`)).unref()
  })
  if (child.pid !== undefined) endWithUs(child, child.pid)
  try {
    await ready
    await ping(port)
    return child
  } catch (error) {
    await end(child, 'SIGKILL')
    if (/address already in use/i.test(output)) throw new PortTakenError(`Port ${port} is taken`, { cause: error })
    throw new Error(`redis-server on port ${port} did not start:\n${output}`, { cause: error })
  }
}

/**
 * A shell that waits on a pipe from us kills the server when the pipe closes: that happens however we die. Without a
 * shell to be had, an exit of ours that we see coming still ends it.
 */
function endWithUs(child: ChildProcess, pid: number): void {
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.on('error', () => undefined)
  guard.unref()
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)
  child.once('exit', () => {
    process.off('exit', kill)
    guard.kill('SIGKILL')
  })
}

async function ping(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write('PING\r\n')
    const [reply] = (await once(socket, 'data', { signal: AbortSignal.timeout(readinessTimeoutMs) })) as [Buffer]
    if (!reply.toString().startsWith('+PONG')) throw new Error(`PING was answered with ${reply.toString()}`)
  } finally {
    socket.destroy()
  }
}

async function terminate(child: ChildProcess): Promise<void> {
  const escalation = setTimeout(() => child.kill('SIGKILL'), terminationTimeoutMs)
  child.kill('SIGCONT')
  await end(child, 'SIGTERM')
  clearTimeout(escalation)
}

/** Sends a signal to a process that may be gone already; resolves when it is. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
