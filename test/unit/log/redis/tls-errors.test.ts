import { describe, expect, test } from 'vitest'
import { tlsFailure } from '../../../../src/log/redis/errors.js'
import { ConfigurationError, RedisError } from '../../../../src/support/errors.js'

const failureOf = (code: string, message = 'why'): Error | undefined =>
  tlsFailure(Object.assign(new Error(message), { code }), 'redis.example:6380')

describe('a certificate that is not accepted is refused, with what to do', () => {
  test.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'is not trusted (why). Give the certificate of the CA that issued it as `tls.ca`'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'is not trusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is not trusted'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'is not trusted'],
    ['CERT_REVOKED', 'is not trusted'],
    ['INVALID_PURPOSE', 'is not trusted'],
    ['CERT_HAS_EXPIRED', 'is not valid now (why). Renew it'],
    ['CERT_NOT_YET_VALID', 'is not valid now'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'is for another name (why). Connect by a name that it has'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'does not accept our certificate, or asks for one (why). Give one'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'does not accept our certificate'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'does not accept our certificate'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'does not accept our certificate'],
    ['ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR', 'does not accept our certificate'],
  ])('%s', (code, text) => {
    const failure = failureOf(code)
    expect(failure).toBeInstanceOf(RedisError)
    expect(failure).toMatchObject({ kind: 'refused', cause: { code } })
    expect(failure?.message).toContain('redis.example:6380')
    expect(failure?.message).toContain(text)
  })
})

test('a key that OpenSSL can not read, or that belongs to another certificate, is a wrong option', () => {
  expect(failureOf('ERR_OSSL_X509_KEY_VALUES_MISMATCH')).toBeInstanceOf(ConfigurationError)
  expect(failureOf('ERR_OSSL_UNSUPPORTED')?.message).toContain('check `tls.cert`, `tls.key`')
})

test('a server that speaks no TLS may be mended by waiting', () => {
  const failure = failureOf('ERR_SSL_WRONG_VERSION_NUMBER')
  expect(failure).toMatchObject({ kind: 'disconnected' })
  expect(failure?.message).toContain('Does it speak TLS on this port (else connect with redis://)')
})

test('the reason that OpenSSL gives stands in place of its message', () => {
  const error = Object.assign(new Error('407D2AC9:error:0A00045C:SSL routines:ssl3_read_bytes'), {
    code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    reason: 'tlsv1 alert unknown ca',
  })
  expect(tlsFailure(error, 'host')?.message).toContain('(tlsv1 alert unknown ca)')
})

test.each([undefined, 'text', new Error('no code'), Object.assign(new Error('gone'), { code: 'ECONNRESET' })])(
  'no other error is taken for one of TLS: %s',
  (error) => {
    expect(tlsFailure(error, 'host')).toBeUndefined()
  },
)
