import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { disconnect } from '../../../../src/log/redis/client-source.js'

test('a socket that fails once more than ioredis listens for does not end the process', () => {
  const stream = Object.assign(new EventEmitter(), { cork: () => undefined, uncork: () => undefined })
  const told: (boolean | undefined)[] = []
  const client = { stream, disconnect: (reconnect?: boolean) => told.push(reconnect) }
  disconnect(client)
  disconnect(client, true)
  expect(told).toEqual([false, true])
  expect(() => stream.emit('error', new Error('tlsv1 alert decode error'))).not.toThrow()
})

test('a client may have no socket yet', () => {
  expect(() => disconnect({ disconnect: () => undefined })).not.toThrow()
})
