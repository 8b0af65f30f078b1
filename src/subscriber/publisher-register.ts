import type { Registry } from '../log/log.js'
import type { Announced } from '../log/model/announced.js'
import { decodePublisherRecord, type PublisherRecord, publisherTtlMs } from '../log/model/publisher-record.js'
import type { ElapsedClock } from '../support/elapsed-clock.js'
import { ConfigurationError, isLinkLost } from '../support/errors.js'
import { Outage } from '../support/outage.js'

/** A record that was read, and when it was first read as it is; on the elapsed clock. */
interface Sighting {
  readonly record: string
  readonly since: number
}

/** Answers whether the publishers have checked, under a replication id, that all that they had appended survived. */
export type HaveChecked = (replicationId: string | undefined) => boolean

/**
 * The register of publishers, as a subscriber reads it after a failover.
 *
 * A record expires by the clock of the server, which is another server now: its clock may be behind. So a record that
 * was not written again for its time by our own clock counts as expired as well.
 */
export class PublisherRegister {
  readonly #registry: Pick<Registry, 'listAnnounced'>
  readonly #clock: Pick<ElapsedClock, 'now'>
  readonly #outage: Outage
  #sightings = new Map<string, Sighting>()

  constructor(
    registry: Pick<Registry, 'listAnnounced'>,
    clock: Pick<ElapsedClock, 'now'>,
    report: (error: Error) => void,
  ) {
    this.#registry = registry
    this.#clock = clock
    this.#outage = new Outage(report)
  }

  /** Reads the register. If it can't be read, nobody can know, so the answer is no. Rejects if the link was lost. */
  async read(): Promise<HaveChecked> {
    try {
      const announced = await this.#registry.listAnnounced('publisher')
      this.#outage.ended()
      const publishers = this.#living(announced).map(({ record }) => decodePublisherRecord(record))
      return (id) => publishers.every((publisher) => hasChecked(publisher, id))
    } catch (error) {
      if (isLinkLost(error)) throw error
      this.#outage.failed(unreadable(error))
      return () => false
    }
  }

  /** Nobody is waited for: what was read is no longer of use. */
  forget(): void {
    if (this.#sightings.size > 0) this.#sightings = new Map()
  }

  #living(announced: readonly Announced[]): Announced[] {
    const now = this.#clock.now()
    const before = this.#sightings
    this.#sightings = new Map(
      announced.map(({ id, record }): [string, Sighting] => {
        const seen = before.get(id)
        return [id, seen?.record === record ? seen : { record, since: now }]
      }),
    )
    return announced.filter(({ id, record }) => {
      const heartbeatMs = decodePublisherRecord(record)?.heartbeatMs ?? 0
      return now - (this.#sightings.get(id)?.since ?? now) <= publisherTtlMs(heartbeatMs)
    })
  }
}

/** A record that a newer version wrote otherwise may say anything: it is waited for until it expires. */
function hasChecked(publisher: PublisherRecord | undefined, replicationId: string | undefined): boolean {
  return publisher !== undefined && (!publisher.repairs || publisher.replicationId === replicationId)
}

function unreadable(cause: unknown): ConfigurationError {
  return new ConfigurationError(
    'Expected to read the register of publishers after a failover: until it can be read, nobody knows what they have still to append again, so `verifiedAt` stays and `caughtUp()` waits. Give the user the right to HGETALL its key (`doctor` names it), or set `strictFailover`',
    { cause },
  )
}
