import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type CursorFactory, redisCursor } from '../../../src/subscriber/handling/cursor.js'
import { fileCursor } from '../../../src/subscriber/handling/file-cursor.js'
import { MemoryStage } from './memory-stage.js'
import { eachOf, type Misuse } from './misuse.js'

/** A store that holds this, whatever the name. */
function holding(saved: unknown): CursorFactory {
  return () => ({ durable: true, load: () => Promise.resolve(saved as string), save: () => Promise.resolve() })
}

const notFactories = [redisCursor, 'redis', null, {}, () => undefined, () => null, () => 5, () => ({ durable: true })]

export const cursorMisuses: readonly Misuse<MemoryStage>[] = [
  {
    what: 'A `cursor` that is none, such as `redisCursor` that was not called, or a store without `load` and `save`',
    outcome: '`subscribe()` throws',
    code: 'CONFIGURATION',
    async commit(stage) {
      const subscriber = await stage.subscriber()
      return eachOf(notFactories, (cursor) =>
        subscriber.subscribe(() => undefined, { name: 'cache', cursor: cursor as unknown as CursorFactory }),
      )
    },
  },
  {
    what: 'A durable cursor without a `name`, or a `startAt` that is no position',
    outcome: '`subscribe()` throws',
    code: 'CONFIGURATION',
    async commit(stage) {
      const subscriber = await stage.subscriber()
      const ways = [{ cursor: redisCursor() }, { startAt: 'yesterday' }, { startAt: '1-18446744073709551616@a' }]
      return eachOf(ways, (options) => subscriber.subscribe(() => undefined, options))
    },
  },
  {
    what: 'A saved cursor that is no position',
    outcome: '`error` is emitted; it counts as gone, so a resync (`no-cursor`) follows',
    code: 'CONFIGURATION',
    async commit(stage) {
      let told: unknown
      for (const saved of ['', 'garbage', '1-1', 7, {}, '18446744073709551616-0@a']) {
        const { errors, resyncs } = await stage.watch({ name: 'cache', cursor: holding(saved) })
        expect(resyncs.map(({ reason }) => reason)).toEqual(['no-cursor'])
        expect(errors).toHaveLength(1)
        told = errors[0]
      }
      return told
    },
  },
  {
    what: 'A cursor, or `startAt`, of another channel',
    outcome: 'a resync (`forked`, `trimmed` or `log-lost`): never silence',
    code: 'none',
    async commit(stage) {
      const other = new MemoryStage()
      const before = await other.publish('1')
      await stage.publish('2')
      const after = await other.publish('3')
      for (const position of [before, after]) {
        for (const options of [{ startAt: position }, { name: 'cache', cursor: holding(position) }]) {
          const { handled, resyncs, errors } = await stage.watch(options)
          expect(resyncs).toHaveLength(1)
          expect(['forked', 'trimmed', 'log-lost']).toContain(resyncs[0]?.reason)
          expect(handled.names).toEqual(['*'])
          expect(errors).toEqual([])
        }
      }
      await other.dispose()
    },
  },
  {
    what: 'A cursor file of another channel or name',
    outcome: '`error` is emitted, and the file is left alone; a resync (`no-cursor`) follows',
    code: 'CONFIGURATION',
    async commit(stage) {
      const folder = await mkdtemp(join(tmpdir(), 'misuse-'))
      const path = join(folder, 'cursor.json')
      const first = await stage.watch({ name: 'one', cursor: fileCursor(path), commitIntervalMs: 0, startAt: 'head' })
      await stage.publish('1')
      await first.handled.has('1')
      await first.subscriber.close()
      const { errors, resyncs } = await stage.watch({ name: 'two', cursor: fileCursor(path) })
      expect(resyncs.map(({ reason }) => reason)).toEqual(['no-cursor'])
      const again = await stage.watch({ name: 'one', cursor: fileCursor(path) })
      expect(again.resyncs).toEqual([])
      await Promise.all([stage.dispose(), again.subscriber.close()])
      await rm(folder, { recursive: true })
      return errors[0]
    },
  },
]
