import { describe, expect, it } from 'vitest'
import { behindOwnName, connectionName } from '../../../../src/log/redis/connection-name.js'

describe('the name of a connection', () => {
  it.each([
    [undefined, 'cache-invalidation'],
    [{ role: 'cli', service: '' }, 'cache-invalidation:cli'],
    [{ role: 'publisher', service: 'user-service' }, 'cache-invalidation:publisher:user-service'],
    [{ role: 'feed', service: 'a b\nü' }, 'cache-invalidation:feed:a%20b%0A%C3%BC'],
    [{ role: 'subscriber', service: '\ud800' }, 'cache-invalidation:subscriber:%EF%BF%BD'],
  ] as const)('of %j is one that Redis takes', (owner, name) => {
    expect(connectionName(owner)).toBe(name)
    expect(name).toMatch(/^[!-~]+$/)
  })

  it('is short, however long the name of the service is', () => {
    expect(connectionName({ role: 'publisher', service: 'x'.repeat(10_000) })).toHaveLength(129)
  })

  it('comes after the name that the user gave to the client', () => {
    expect(behindOwnName('shop', 'ours')).toBe('shop:ours')
    expect(behindOwnName('', 'ours')).toBe('ours')
    expect(behindOwnName(undefined, 'ours')).toBe('ours')
  })
})
