import { describe, expect, it } from 'vitest'
import { toRedisError } from '../../../../../src/log/redis/errors.js'
import { readRedirect } from '../../../../../src/log/redis/topology/redirects.js'

function reply(text: string): Error {
  return Object.assign(new Error(text), { name: 'ReplyError' })
}

describe('a redirect', () => {
  it.each([
    ['MOVED 3999 10.0.0.7:6381', 'MOVED', '10.0.0.7', 6_381],
    ['ASK 3999 node-7.example.org:6381', 'ASK', 'node-7.example.org', 6_381],
    ['MOVED 3999 2001:db8::7:6381', 'MOVED', '2001:db8::7', 6_381],
    ['MOVED 3999 :6381', 'MOVED', '', 6_381],
    ['MOVED 3999 ?:6381', 'MOVED', '', 6_381],
  ])('is read from %j', (text, code, host, port) => {
    expect(readRedirect(reply(text))).toEqual({ code, address: { host, port } })
    expect(readRedirect(toRedisError(reply(text), 'get', 'a server'))).toEqual({ code, address: { host, port } })
  })

  it.each([
    reply('TRYAGAIN Multiple keys request during rehashing of slot'),
    reply('CLUSTERDOWN The cluster is down'),
    reply('MOVED house'),
    new Error('MOVED 3999 10.0.0.7:6381'),
    'MOVED 3999 10.0.0.7:6381',
    undefined,
  ])('is not read from anything else, case %#', (error) => {
    expect(readRedirect(error)).toBeUndefined()
  })
})
