import { beforeEach, describe, expect, it } from 'vitest'
import { type AnnouncedSubscription, Announcer } from '../../../src/subscriber/announcer.js'
import type { SubscriptionState } from '../../../src/subscriber/progress/health.js'
import { RedisError } from '../../../src/support/errors.js'
import { SubscriptionCounters } from '../../../src/telemetry/counters.js'
import { VirtualRuntime } from '../../support/virtual-runtime.js'
import { entriesOnly } from '../../support/retention.js'

let runtime: VirtualRuntime
let announcer: Announcer
let calls: { readonly name: string; readonly id: string; readonly settle: (error?: Error) => void }[]
let errors: Error[]

beforeEach(() => {
  runtime = new VirtualRuntime()
  calls = []
  errors = []
  const call = (name: string, id: string): Promise<void> =>
    new Promise((resolve, reject) => {
      calls.push({ name, id, settle: (error) => (error ? reject(error) : resolve()) })
    })
  announcer = new Announcer({
    runtime,
    service: '',
    heartbeatMs: 100,
    retention: entriesOnly(1),
    registry: {
      announce: (_, id) => call('announce', id),
      withdraw: (_, id) => call('withdraw', id),
    },
    onError: (error) => errors.push(error),
  })
})

function subscription(state: SubscriptionState = 'live'): AnnouncedSubscription {
  const freshness = {
    state,
    position: undefined,
    lagMs: 0,
    behind: 0,
    retrying: 0,
    failingMs: 0,
    verifiedAt: undefined,
  }
  return { name: '', state, counts: new SubscriptionCounters(), freshness: () => freshness }
}

/** The reply to the newest call. */
async function reply(error?: Error): Promise<void> {
  calls.at(-1)?.settle(error)
  await runtime.settle()
}

function made(): string[] {
  return calls.map(({ name }) => name)
}

describe('an announcer', () => {
  it('withdraws under the id it announced', async () => {
    const closing = subscription()
    announcer.begin(closing)
    await reply()
    announcer.end(closing)
    await runtime.settle()
    const [announced, withdrawn] = calls
    expect(made()).toEqual(['announce', 'withdraw'])
    expect(withdrawn?.id).toBe(announced?.id)
  })

  it('withdraws behind the announcement that is under way, which may have to be sent twice', async () => {
    const closing = subscription()
    announcer.begin(closing)
    announcer.end(closing)
    await runtime.settle()
    expect(made()).toEqual(['announce'])
    await reply()
    expect(made()).toEqual(['announce', 'withdraw'])
  })

  it('has closed when the last withdrawal has been answered, also by a refusal', async () => {
    const closing = subscription()
    announcer.begin(closing)
    await reply()
    announcer.end(closing)
    await runtime.settle()
    let closed = false
    const close = announcer.close().then(() => (closed = true))
    await runtime.settle()
    expect(closed).toBe(false)
    await reply(new RedisError('refused', 'no'))
    await close
    expect(errors).toEqual([])
  })

  it('makes nothing known that has closed before it began', async () => {
    announcer.begin(subscription('closed'))
    announcer.beat()
    await runtime.settle()
    expect(made()).toEqual([])
  })

  it('waits for the reply before it announces again, however long that takes', async () => {
    announcer.begin(subscription())
    await runtime.advance(20_000)
    announcer.beat()
    expect(made()).toEqual(['announce'])
    await reply()
    announcer.beat()
    expect(made()).toEqual(['announce', 'announce'])
  })

  it.each(['disconnected', 'timeout'] as const)(
    'takes an announcement whose reply was lost for both done and not (%s)',
    async (kind) => {
      const follower = subscription()
      announcer.begin(follower)
      await reply(new RedisError(kind, 'lost'))
      expect(errors).toEqual([])
      announcer.beat()
      expect(made()).toEqual(['announce', 'announce'])
      await reply(new RedisError('refused', 'no'))
      announcer.end(follower)
      await runtime.settle()
      expect(made()).toEqual(['announce', 'announce', 'withdraw'])
    },
  )

  it('withdraws nothing where all was refused', async () => {
    const follower = subscription()
    announcer.begin(follower)
    await reply(new RedisError('readonly', 'no'))
    announcer.end(follower)
    await announcer.close()
    expect(made()).toEqual(['announce'])
    expect(errors).toHaveLength(1)
  })
})
