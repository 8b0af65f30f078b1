import { expect, test } from 'vitest'
import { warnOfEviction } from '../../../../src/log/redis/probe.js'

const memory = (policy: string, maxmemory = '1000'): string =>
  `# Memory\r\nused_memory:10\r\nmaxmemory:${maxmemory}\r\nmaxmemory_policy:${policy}\r\n`

/** What is said of a server that answers so. */
async function warningsOf(server: string, info: string | Error): Promise<readonly string[]> {
  const warnings: string[] = []
  const send = (): Promise<unknown> => (info instanceof Error ? Promise.reject(info) : Promise.resolve(info))
  await warnOfEviction(send, server, (text) => warnings.push(text))
  return warnings
}

const refusal = Object.assign(new Error("NOPERM no permissions to run the 'info' command"), { name: 'ReplyError' })

test.each(['allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'allkeys-lrm'])('%s is warned of', async (policy) => {
  const [warning] = await warningsOf(`warned-of-${policy}`, memory(policy))
  expect(warning).toContain(`The server at warned-of-${policy} may evict the log`)
  expect(warning).toContain(`\`maxmemory-policy\` is ${policy}. Set it to ${policy.replace('allkeys', 'volatile')}`)
})

test.each([
  ['nothing is evicted', memory('noeviction')],
  ['only what expires is evicted', memory('volatile-lru')],
  ['there is no limit', memory('allkeys-lru', '0')],
  ['the server does not tell', 'OK'],
  ['INFO is refused', refusal],
])('nothing is said where %s', async (_, info) => {
  expect(await warningsOf('harmless', info)).toEqual([])
})

test('a server is warned of once, and once more where it was set right in between', async () => {
  const bad = memory('allkeys-lru')
  const said = async (info: string | Error): Promise<number> => (await warningsOf('same', info)).length
  expect([await said(bad), await said(bad), await said(refusal), await said(bad)]).toEqual([1, 0, 0, 0])
  expect(await warningsOf('other', bad)).toHaveLength(1)
  expect([await said(memory('noeviction')), await said(bad), await said(bad)]).toEqual([0, 1, 0])
})

test('a link that is lost is left to whoever opens it', async () => {
  await expect(warningsOf('lost', new Error('Connection is closed.'))).rejects.toThrow('Connection is closed.')
})
