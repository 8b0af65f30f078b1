import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '../../src/cli/doctor/check.js'
import { freePort, type RedisServer, startRedisServer } from '../support/redis-server.js'
import { type CommandResult, runCommand } from '../support/running-command.js'
import { type Certificate, CertificateAuthority, hasTls, tlsArgs } from '../support/tls.js'

describe.runIf(await hasTls())('over TLS', () => {
  let authority: CertificateAuthority
  let client: Certificate
  let server: RedisServer
  let url: string

  beforeAll(async () => {
    authority = await CertificateAuthority.create('ours')
    client = await authority.issue('client')
    const [certificate, port] = await Promise.all([authority.issue('server', 'DNS:localhost'), freePort()])
    server = await startRedisServer({ args: tlsArgs(port, authority, certificate, 'yes') })
    url = `rediss://localhost:${port}`
  })

  afterAll(async () => {
    await server.stop()
    await authority.remove()
  })

  function run(...args: string[]): Promise<CommandResult> {
    return runCommand(args, { env: { REDIS_URL: url } })
  }

  test('a private CA and a certificate of ours are named by their files', async () => {
    const files = ['--tls-ca', authority.path, '--tls-cert', client.certPath, '--tls-key', client.keyPath]
    expect(await run('publish', 'user', '1', ...files)).toMatchObject({ exitCode: 0, stderr: '' })
    expect((await run('replay', '--from', '0', ...files)).stdout).toContain('user:1')
    const { findings } = JSON.parse((await run('doctor', '--json', ...files)).stdout) as { findings: Finding[] }
    // It was issued for two days.
    expect(findings.find(({ check }) => check === 'certificate')).toMatchObject({
      severity: 'warning',
      what: expect.stringMatching(/ends in (2\.0|1\.9) d/) as string,
    })
  })

  test('without them it is said which are missing', async () => {
    const { exitCode, stderr } = await run('status')
    expect(exitCode).toBe(3)
    expect(stderr).toContain('is not trusted')
    expect(stderr).toContain('--tls-ca')
  })
})
