import { describe, expect, test } from 'vitest'
import type { InvalidationMessage } from '../../../../src/message/message.js'
import { Bench, live, twice } from './fixtures.js'

const signature = { messageId: 'a', timestamp: '2026-11-22T10:00:00.000Z', sourceService: 'writer' }

/** One message of each kind, all with metadata that nests; one of its keys is `__proto__`. */
function messages(): readonly InvalidationMessage[] {
  const metadata = JSON.parse('{"list":[{"deep":[1,2]}],"__proto__":{"own":true}}') as { list: [] }
  return [
    { ...signature, action: 'delete', entityType: 'user', entityId: '1', metadata },
    { ...signature, action: 'pattern', pattern: 'user:*', metadata },
    { ...signature, action: 'batch', cacheKeys: ['user:1', 'user:2', 'user:3'], metadata },
    { ...signature, action: 'tag', tags: ['tenant:1', 'tenant:2', 'posts'], mode: 'expire', metadata },
    { ...signature, action: 'update', entityType: 'user', entityId: '1' },
  ]
}

/** Takes everything out of a value, as a handler in JavaScript may. */
function takeApart(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const key of Reflect.ownKeys(value)) {
    takeApart(Reflect.getOwnPropertyDescriptor(value, key)?.value)
    if (key !== 'length') Reflect.deleteProperty(value, key)
  }
  if (Array.isArray(value)) value.length = 0
}

function texts(all: readonly unknown[]): string[] {
  return all.map((each) => JSON.stringify(each))
}

describe('a handler that takes its message apart and fails', () => {
  test('gets the whole message with its next try, and the dead letter is whole', async () => {
    const seen: string[] = []
    const givenUp: unknown[] = []
    const bench = new Bench(
      (message) => {
        seen.push(JSON.stringify(message))
        takeApart(message)
        throw new Error('the second tier is down')
      },
      {
        retry: twice,
        onGivenUp({ message }) {
          givenUp.push(message)
        },
      },
    )
    const given = messages()
    bench.dispatcher.push([{ messages: given, origin: live, handled: () => undefined }])
    await bench.idle()
    const whole = texts(messages())
    expect(seen.toSorted()).toEqual(whole.flatMap((text) => [text, text]).toSorted())
    expect(texts(givenUp)).toEqual(whole)
    expect(texts(given)).toEqual(whole)
  })

  test('leaves the message whole for another subscription', async () => {
    const seen: string[] = []
    const benches = [
      new Bench((message) => {
        takeApart(message)
      }),
      new Bench((message) => {
        seen.push(JSON.stringify(message))
      }),
    ]
    const given = messages()
    for (const { dispatcher } of benches) dispatcher.push([{ messages: given, origin: live, handled: () => undefined }])
    for (const bench of benches) await bench.idle()
    expect(seen).toEqual(texts(messages()))
  })
})
