import { ConfigurationError, RedisError } from '../errors.js'
import type { InvalidationError } from '../errors.js'

/** A failure of TLS: the codes that Node has for it, what has happened at a server, and what to do about it. */
interface Cause {
  readonly codes: RegExp
  readonly happened: (server: string) => string
  readonly advice: string
}

/** One side does not accept the certificate of the other: trying again does not mend it. */
const refusals: readonly Cause[] = [
  {
    codes: /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    happened: (server) => `The certificate of the server at ${server} is for another name`,
    advice: 'Connect by a name that it has, or give that name as `tls.servername`',
  },
  {
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    happened: (server) => `The certificate of the server at ${server} is not valid now`,
    advice: 'Renew it, or put the clock of this machine right',
  },
  {
    codes: /^(UNABLE_TO|CERT|CRL|SELF_SIGNED|DEPTH_ZERO)_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/,
    happened: (server) => `The certificate of the server at ${server} is not trusted`,
    advice: 'Give the certificate of the CA that issued it as `tls.ca`, or name its file in NODE_EXTRA_CA_CERTS',
  },
  {
    codes: /^ERR_SSL_\w*ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA|DECRYPT_ERROR|ACCESS_DENIED)$/,
    happened: (server) => `The server at ${server} does not accept our certificate, or asks for one`,
    advice: 'Give one that its CA has issued as `tls.cert`, and its key as `tls.key`',
  },
]

/** What is said of an error of TLS; undefined for any other. */
export function tlsFailure(error: unknown, server: string): InvalidationError | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  const { code } = error
  const why = reasonOf(error)
  const refusal = refusals.find(({ codes }) => codes.test(code))
  if (refusal) {
    return new RedisError('refused', `${refusal.happened(server)} (${why}). ${refusal.advice}`, { cause: error })
  }
  if (code.startsWith('ERR_OSSL_')) {
    return new ConfigurationError(
      `Expected \`tls\` to hold a certificate and its key in PEM for ${server}, got what OpenSSL refuses (${why}): check \`tls.cert\`, \`tls.key\` and \`tls.passphrase\``,
      { cause: error },
    )
  }
  if (!code.startsWith('ERR_SSL_')) return undefined
  return new RedisError(
    'disconnected',
    `TLS with ${server} failed (${why}). Does it speak TLS on this port (else connect with redis://), and ask for a certificate (\`tls.cert\`, \`tls.key\`)?`,
    { cause: error },
  )
}

/** OpenSSL's message is full of addresses and lines of its code; the reason in it stands apart. */
function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
}
