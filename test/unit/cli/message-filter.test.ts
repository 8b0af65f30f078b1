import { expect, test } from 'vitest'
import { type FilterFlags, messageFilter } from '../../../src/cli/message-filter.js'
import { batchMessage, deleteMessage, patternMessage, tagMessage } from '../../../src/message/create-message.js'

const entity = (type: string, id: string) => deleteMessage(type, id, 'user-service')
const batch = (...keys: string[]) => batchMessage(keys, 'user-service')
const tags = (...all: string[]) => tagMessage(all, 'user-service')
const pattern = (glob: string) => patternMessage(glob, 'user-service')

test.each([
  ['an entity of the type', { type: 'user' }, entity('user', '1'), true],
  ['an entity of a type that begins so', { type: 'user' }, entity('username', '1'), false],
  ['a batch with a key of the type', { type: 'user' }, batch('feed:1', 'user:2'), true],
  ['a batch without one', { type: 'user' }, batch('feed:1', 'users:2'), false],
  ['a pattern for the type', { type: 'user' }, pattern('user:1*'), true],
  ['a pattern that ends within the type', { type: 'user' }, pattern('us*'), true],
  ['the pattern for everything', { type: 'user' }, pattern('*'), true],
  ['a pattern that begins with a class', { type: 'user' }, pattern('[uv]ser:*'), true],
  ['a pattern for another type', { type: 'user' }, pattern('feed:*'), false],
  ['an entity whose key matches', { key: 'user:1?' }, entity('user', '12'), true],
  ['an entity whose key does not', { key: 'user:1?' }, entity('user', '1'), false],
  ['a batch with a key that matches', { key: 'feed:*' }, batch('user:1', 'feed:2'), true],
  ['a batch without one', { key: 'feed:*' }, batch('user:1'), false],
  ['a pattern that could match such a key', { key: 'feed:1*' }, pattern('feed:*:hot'), true],
  ['a pattern that can not', { key: 'feed:1*' }, pattern('feed:2*'), false],
  ['a pattern that matches the one key meant', { key: 'user:12' }, pattern('*:1?'), true],
  ['a pattern that does not match it', { key: 'user:12' }, pattern('*:2?'), false],
  ['a tag that is asked for', { key: 'cache-tag:tenant:*' }, tags('posts', 'tenant:42'), true],
  ['a tag that is not', { key: 'cache-tag:tenant:*' }, tags('posts'), false],
  ['any tag, if tags are asked for', { type: 'cache-tag' }, tags('posts'), true],
  ['a tag, if keys are asked for', { type: 'posts' }, tags('posts'), false],
  ['a tag that looks like the key', { key: 'user:1' }, tags('user:1'), false],
  ['a message of the service', { service: 'user-service' }, entity('user', '1'), true],
  ['a message of another', { service: 'user' }, entity('user', '1'), false],
  ['what meets one option of two', { service: 'user-service', type: 'feed' }, entity('user', '1'), false],
  ['what meets a type and no key', { type: 'user', key: '*:2' }, entity('user', '1'), false],
  ['anything, without options', {}, entity('user', '1'), true],
] satisfies [string, FilterFlags, ReturnType<typeof entity>, boolean][])(
  '%s, with %o',
  (_title, flags, message, expected) => {
    expect(messageFilter(flags)(message)).toBe(expected)
  },
)

test('a built-in type in another case is refused, since no message would ever be meant', () => {
  expect(() => messageFilter({ type: 'User' })).toThrow(/^Expected 'user', got 'User'/)
  expect(() => messageFilter({ type: 'Session' })).not.toThrow()
})
