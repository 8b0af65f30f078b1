import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogCommands } from '../../src/log/log.js'
import { logKeys } from '../../src/log/model/keys.js'
import { failureOf, RedisLogFixture } from '../support/redis-log-fixture.js'
import { entriesOnly } from '../support/retention.js'

const redis = RedisLogFixture.use()

async function open(url?: string): Promise<LogCommands> {
  const { commands } = redis.openCommands(url)
  await commands.opened()
  return commands
}

/** Names and values of the fields of entries that anybody may have added. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\n\\"{},0-9-]{0,12}$/))
const asWritten = fc.tuple(text, text, text).map(([a, p, m]) => ['a', a, 'p', p, 'm', m])
const otherFields = fc.array(fc.tuple(fc.oneof(fc.constantFrom('a', 'p', 'm'), text), text), { minLength: 1 })
const fields = fc.oneof(
  { weight: 5, arbitrary: asWritten },
  { weight: 1, arbitrary: otherFields.map((all) => all.flat()) },
)

describe('a joined page', () => {
  it('has what the page as it is has, whatever the entries hold', async () => {
    const commands = await open()
    const { stream, last } = logKeys(redis.channel)
    await fc.assert(
      fc.asyncProperty(fc.array(fields, { maxLength: 8 }), text, async (entries, newest) => {
        const multi = redis.admin.multi().del(stream).set(last, newest)
        for (const each of entries) multi.xadd(stream, '*', ...each)
        await multi.exec()
        const plain = await commands.readPage('-', 100)
        expect(plain.entries).toHaveLength(entries.length)
        expect(await commands.readPage('-', 100, true)).toEqual(plain)
      }),
      { numRuns: 300 },
    )
  })

  it('is read by a script, which the server need not know', async () => {
    const commands = await open()
    await commands.append('one', '{}', entriesOnly(10))
    await redis.admin.script('FLUSH')
    await redis.admin.config('RESETSTAT')
    expect((await commands.readPage('-', 10, true)).entries).toHaveLength(1)
    const stats = await redis.admin.info('commandstats')
    expect(stats).toMatch(/cmdstat_eval:calls=1,/)
    expect(stats).not.toContain('cmdstat_multi')
  })

  it('is read as it is, and not asked for again, by whoever may not run scripts', async () => {
    const rules = ['on', '>right', '~*', '&*', '+@all', '-@scripting']
    await redis.admin.call('acl', 'setuser', 'plain', 'reset', ...rules)
    await redis.admin.call('acl', 'log', 'reset')
    const writer = await open()
    await writer.append('one', '{}', entriesOnly(10))
    const commands = await open(redis.server.url.replace('//', '//plain:right@'))
    for (let page = 0; page < 3; page++) expect((await commands.readPage('-', 10, true)).entries).toHaveLength(1)
    const refusals = (await redis.admin.call('acl', 'log')) as unknown[][]
    expect(refusals.filter((refusal) => refusal.includes('evalsha'))).toHaveLength(1)
    // The probe of the connection, and the first page.
    expect(refusals.flat()[1]).toBe(2)
  })

  it('fails as the page as it is does, where another program has written to a key', async () => {
    const commands = await open()
    await redis.admin.set(logKeys(redis.channel).stream, 'text')
    const failure = await failureOf(commands.readPage('-', 10, true))
    expect(failure).toMatchObject({ kind: 'reply' })
    expect(failure.message).toContain('RENAME')
    expect(failure.message).toBe((await failureOf(commands.readPage('-', 10))).message)
  })
})
