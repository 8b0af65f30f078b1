import { expect, expectTypeOf, test } from 'vitest'
import type { CacheEntity, CoherentCache, NotModified } from '../../../src/cache.js'

interface User {
  readonly id: string
  readonly team: string
}

declare const cache: CoherentCache
declare const user: User

// Compiled and not called: the compiler is what tests it, as `npm run check` runs it.
function compiled(): void {
  const one = cache.entity('user', {
    load: (id) => (id === '' ? undefined : Promise.resolve(user)),
    tags: (value, id) => {
      expectTypeOf(value).toEqualTypeOf<User>()
      expectTypeOf(id).toEqualTypeOf<string>()
      return [value.team]
    },
  })
  expectTypeOf(one).toEqualTypeOf<CacheEntity<User>>()
  expectTypeOf(one.get('1')).toEqualTypeOf<Promise<User | undefined>>()
  expectTypeOf(one.peek('1')).toEqualTypeOf<User | undefined>()
  expectTypeOf(one.getMany(['1'])).toEqualTypeOf<Promise<Map<string, User>>>()
  expectTypeOf(one.update('1', () => 7)).toEqualTypeOf<Promise<number>>()
  expectTypeOf(one.update('1', () => Promise.resolve('seven'))).toEqualTypeOf<Promise<string>>()
  // @ts-expect-error -- a value of another type
  one.set('1', 7)

  const conditional = cache.entity('post', {
    load: (_id, context): User | NotModified | null => (context.stale === undefined ? null : context.notModified()),
  })
  expectTypeOf(conditional).toEqualTypeOf<CacheEntity<User>>()

  const many = cache.entity('feed', { loadMany: (ids) => new Map(ids.map((id) => [id, { id, size: ids.length }])) })
  expectTypeOf(many.get('1')).toEqualTypeOf<Promise<{ id: string; size: number } | undefined>>()

  const report = cache.getOrLoad('report:1', () => Promise.resolve({ rows: 1 }))
  expectTypeOf(report).toEqualTypeOf<Promise<{ rows: number } | undefined>>()

  const top = cache.wrap((count: number, since?: Date) => Promise.resolve([count, since?.getTime()]), {
    key: (count, since) => {
      expectTypeOf(since).toEqualTypeOf<Date | undefined>()
      return `top:${count}`
    },
    tags: (value) => value.map(String),
  })
  void top(1)
  void top(1, new Date())
  // @ts-expect-error -- an argument of another type
  void top('1')
  expectTypeOf(top).returns.toEqualTypeOf<Promise<(number | undefined)[]>>()
}

test('types follow from the loader: values, tags, bulk loads, arguments and results', () => {
  expect(compiled).toBeTypeOf('function')
})
