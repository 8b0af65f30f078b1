import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findRedisServer } from '../../scripts/redis-server.js'
import { hasCode } from '../../src/support/thrown.js'

const run = promisify(execFile)

/** A certificate with its key: the paths of both files, and their text. */
export interface Certificate {
  readonly certPath: string
  readonly keyPath: string
  readonly cert: string
  readonly key: string
}

/** A certificate authority of a test's own, in a temporary folder. */
export class CertificateAuthority {
  /** Path and text of its own certificate: what those must trust who are to trust what it issues. */
  readonly path: string
  readonly cert: string
  readonly #dir: string
  readonly #key: string

  /** Two that are to be told apart need different names. */
  static async create(name: string): Promise<CertificateAuthority> {
    const dir = await mkdtemp(join(tmpdir(), 'cache-invalidation-tls-'))
    const out = ['-out', join(dir, 'ca.crt')]
    await openssl('req', '-x509', ...newKey(dir, 'ca'), ...out, '-days', '2', '-subj', `/CN=${name}`)
    return new CertificateAuthority(dir, await readFile(join(dir, 'ca.crt'), 'utf8'))
  }

  private constructor(dir: string, cert: string) {
    this.#dir = dir
    this.#key = join(dir, 'ca.key')
    this.path = join(dir, 'ca.crt')
    this.cert = cert
  }

  /** Issues a certificate for these names, such as `DNS:localhost` or `IP:127.0.0.1`. */
  async issue(commonName: string, ...names: readonly string[]): Promise<Certificate> {
    const path = (extension: string): string => join(this.#dir, `${commonName}.${extension}`)
    await openssl('req', '-new', ...newKey(this.#dir, commonName), '-out', path('csr'), '-subj', `/CN=${commonName}`)
    const extensions = names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`
    await writeFile(path('ext'), extensions)
    const signing = ['-CA', this.path, '-CAkey', this.#key, '-days', '2', '-extfile', path('ext')]
    // Drawn, and not counted in a file: several are issued at the same time.
    const serial = `0x${randomBytes(16).toString('hex')}`
    await openssl('x509', '-req', '-in', path('csr'), ...signing, '-set_serial', serial, '-out', path('crt'))
    const [cert, key] = await Promise.all([readFile(path('crt'), 'utf8'), readFile(path('key'), 'utf8')])
    return { certPath: path('crt'), keyPath: path('key'), cert, key }
  }

  async remove(): Promise<void> {
    await rm(this.#dir, { recursive: true })
  }
}

/** Arguments of a server that also listens with TLS on this port, and there asks clients for a certificate or not. */
export function tlsArgs(
  port: number,
  authority: CertificateAuthority,
  { certPath, keyPath }: Certificate,
  authClients: 'yes' | 'no' = 'no',
): readonly string[] {
  return [
    '--tls-port',
    String(port),
    '--tls-ca-cert-file',
    authority.path,
    '--tls-cert-file',
    certPath,
    '--tls-key-file',
    keyPath,
    '--tls-auth-clients',
    authClients,
  ]
}

/** Whether the server that the tests run against was built with TLS: then it misses a certificate. */
export async function hasTls(): Promise<boolean> {
  try {
    await run(await findRedisServer(), ['--port', '0', '--tls-port', '1'], { timeout: 10_000 })
  } catch (error) {
    if (error instanceof Error && 'stdout' in error) return String(error.stdout).includes('No tls-cert-file')
    throw error
  }
  throw new Error('Expected the server to refuse to listen with TLS without a certificate')
}

function newKey(dir: string, name: string): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(dir, `${name}.key`)]
}

async function openssl(...args: readonly string[]): Promise<void> {
  try {
    await run('openssl', args)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      const advice = 'install it (Debian: apt-get install openssl)'
      throw new Error(`The tests of TLS make certificates with \`openssl\`: ${advice}`, { cause: error })
    }
    throw error
  }
}
