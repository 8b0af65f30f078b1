import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import type { TlsOptions } from '../log/redis/redis-log.js'
import { describeThrown } from '../support/thrown.js'
import { UsageError } from './exit-codes.js'

/** What the files hold. */
export interface TlsFlags {
  readonly tlsCa?: Buffer
  readonly tlsCert?: Buffer
  readonly tlsKey?: Buffer
}

export function addTlsOptions(program: Command): void {
  program
    .option(
      '--tls-ca <file>',
      'the CA to trust, in PEM (default: those that Node and NODE_EXTRA_CA_CERTS name)',
      fileContent,
    )
    .option('--tls-cert <file>', 'the certificate to show to the server, in PEM', fileContent)
    .option('--tls-key <file>', 'its key, in PEM', fileContent)
}

/** @throws UsageError where these can't be meant */
export function resolveTls({ tlsCa: ca, tlsCert: cert, tlsKey: key }: TlsFlags, redis: string): TlsOptions {
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('Expected --tls-cert and --tls-key together')
  if ((ca ?? cert) !== undefined && !/^rediss[:+]/i.test(redis)) {
    throw new UsageError(
      'Expected a URL that asks for TLS beside --tls-ca and --tls-cert: rediss://, rediss+sentinel:// or rediss+cluster://',
    )
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

function fileContent(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new InvalidArgumentError(`It can't be read: ${describeThrown(error)}.`)
  }
}
