import type { Announced } from '../../src/log/model/announced.js'
import { type Announcement, encodeAnnouncement } from '../../src/subscriber/announcement.js'
import { entriesOnly } from './retention.js'

let count = 0

/** What a log keeps of a subscription that announced itself `ageMs` ago. */
export function announced(parts: Partial<Announcement> = {}, ageMs = 0): Announced {
  const record = encodeAnnouncement({
    name: 'feed',
    service: 'feed-service',
    host: 'web-3',
    pid: 4711,
    version: '0.1.0',
    state: 'live',
    position: '5-1@a',
    behind: 0,
    lagMs: 0,
    retrying: 0,
    resyncs: 0,
    replayed: 0,
    deadLetters: 0,
    retention: entriesOnly(100_000),
    startedAt: 1_795_000_000_000,
    heartbeatMs: 1_000,
    ...parts,
  })
  return { id: `id${count++}`, record, ageMs }
}
