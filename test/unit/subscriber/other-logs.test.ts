import { describe, expect, it } from 'vitest'
import { changeCommands } from '../../../src/log/changed-commands.js'
import type { InvalidationLog, LogCommands } from '../../../src/log/log.js'
import { MemoryLog } from '../../../src/log/memory/memory-log.js'
import { emptyFrame } from '../../../src/log/model/entry.js'
import { RedisError } from '../../../src/support/errors.js'
import { VirtualFleet } from '../../support/virtual-fleet.js'
import { entriesOnly } from '../../support/retention.js'

const ignore = (): void => undefined

/** Two environments in two databases of one Redis, with a channel of one name. */
async function environments() {
  const production = new VirtualFleet()
  const { runtime } = production
  const other = new MemoryLog({ runtime, database: 1 }, production.log)
  const commands: LogCommands = other.openCommands({ onUp: ignore, onDown: ignore, onError: ignore })
  await runtime.settle()
  let appends = 0
  const stage = async (frame = eviction(`s${appends}`)): Promise<void> => {
    await runtime.runUntil(commands.append(`staged${appends++}`, frame, entriesOnly(1_000)), 1_000)
    await runtime.settle()
  }
  return { production, stage }
}

function eviction(id: string): string {
  return `{"message_id":"${id}","entity_type":"User","entity_id":"${id}","action":"Delete","timestamp":"2026-11-22T10:00:00Z","source_service":"staging"}`
}

/** A log as it is seen through a proxy that gives databases other numbers. */
function behindProxy(log: InvalidationLog, database: number): InvalidationLog {
  return { ...changeCommands(log, () => ({})), database }
}

describe('frames of a log in another database', () => {
  it('are dropped and counted, cost one look at the log, and are reported once', async () => {
    const { production, stage } = await environments()
    let lookups = 0
    const log = changeCommands(production.log.link(), (commands) => ({
      lookup: (positions) => {
        lookups += 1
        return commands.lookup(positions)
      },
    }))
    const follower = await production.follow({ log })
    await production.append('1')
    await production.caughtUp(follower)
    for (let count = 0; count < 50; count++) await stage()
    await production.append('2')
    expect(follower.handled).toEqual(['1', '2'])
    expect(follower.subscription.counts).toMatchObject({ live: 2, otherLog: 50, orphaned: 0, gaps: 0, foreign: 0 })
    expect(lookups).toBe(1)
    expect(follower.errors).toMatchObject([{ code: 'CONFIGURATION' }])
    expect(follower.errors[0]?.message).toMatch(
      /^Frames of a log in database 1 arrive on the channel "cache:invalidate", and this log is in database 0: /,
    )
  })

  it('are dropped before anything but their first fields is read', async () => {
    const { production, stage } = await environments()
    const follower = await production.follow()
    await production.caughtUp(follower)
    await stage()
    await stage('{"frame":[{"garbage":true}]}')
    expect(follower.subscription.counts).toMatchObject({ otherLog: 2, invalid: 0 })
  })

  it('are looked at again when the link came up anew, and reported no second time', async () => {
    const { production, stage } = await environments()
    const link = production.log.link()
    const follower = await production.follow({ log: link })
    await production.caughtUp(follower)
    await stage()
    link.cut()
    await production.runtime.advance(500)
    await production.caughtUp(follower)
    await stage()
    await stage()
    expect(follower.subscription.counts.otherLog).toBe(3)
    expect(follower.handled).toEqual([])
    expect(follower.errors).toHaveLength(1)
  })

  it('do not hide those of the own log', async () => {
    const { production, stage } = await environments()
    const link = production.log.link()
    const follower = await production.follow({ log: link, connection: { heartbeatMs: 3_600_000 } })
    await production.append('1')
    await production.caughtUp(follower)
    await stage()
    link.drop(1)
    await production.append('2')
    await stage()
    await production.append('3')
    await production.runtime.advance(10)
    expect(follower.handled).toEqual(['1', '2', '3'])
  })
})

describe('the number of a database', () => {
  it('that a proxy has changed does no harm: a frame that our log has is ours', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow({
      log: behindProxy(fleet.log, 5),
      connection: { heartbeatMs: 3_600_000 },
    })
    await fleet.caughtUp(follower)
    for (let id = 1; id <= 20; id++) {
      await fleet.append(String(id))
      await fleet.runtime.settle()
    }
    expect(follower.handled).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 1)))
    expect(follower.subscription.counts).toMatchObject({ live: 20, otherLog: 0, gaps: 0 })
    expect(follower.errors).toEqual([])
  })

  it('that somebody forged for ours is found out within ten seconds, and nothing is missed meanwhile', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow({ log: behindProxy(fleet.log, 5), connection: { heartbeatMs: 100 } })
    await fleet.caughtUp(follower)
    fleet.log.publish(`{"stream_id":"9999999999999-1","append_id":"x","prev":"y","db":0,${emptyFrame.slice(1)}`)
    await fleet.runtime.settle()
    await fleet.append('1')
    await fleet.runtime.advance(1_000)
    expect(follower.handled, 'read from the log').toEqual(['1'])
    await fleet.runtime.advance(10_000)
    await fleet.append('2')
    await fleet.runtime.settle()
    await fleet.append('3')
    await fleet.runtime.settle()
    expect(follower.handled).toEqual(['1', '2', '3'])
    expect(follower.subscription.counts).toMatchObject({ live: 2 })
  })

  it('is not asked for if a frame does not say it, as those of older versions', async () => {
    const fleet = new VirtualFleet()
    const follower = await fleet.follow({ log: behindProxy(fleet.log, 5) })
    await fleet.caughtUp(follower)
    const { position } = follower.subscription
    const place = `{"stream_id":"9999999999999-1","append_id":"x","prev":"${position?.split('@')[1]}",`
    fleet.log.publish(place + eviction('old').slice(1))
    await fleet.runtime.settle()
    expect(follower.handled).toEqual(['old'])
  })

  it('proves nothing while the log can not be asked: its frames are taken as before', async () => {
    const { production, stage } = await environments()
    const log = changeCommands(production.log.link(), () => ({
      lookup: () => Promise.reject(new RedisError('refused', 'NOPERM')),
    }))
    const follower = await production.follow({ log })
    await production.caughtUp(follower)
    await stage()
    await production.runtime.advance(100)
    expect(follower.handled).toEqual(['s0'])
    expect(follower.subscription.counts.otherLog).toBe(0)
  })
})
