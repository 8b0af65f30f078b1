import type { Registry } from '../log/log.js'
import type { Announced } from '../log/model/announced.js'
import { decodePublisherRecord, type PublisherRecord, publisherTtlMs } from '../log/model/publisher-record.js'
import type { ElapsedClock } from '../support/elapsed-clock.js'
import { ConfigurationError, isLinkLost } from '../support/errors.js'
import { Outage } from '../support/outage.js'

/** A record, and when it was first read in this state; on the elapsed clock. */
interface Sighting {
  readonly record: string
  readonly since: number
}

/** Whether all publishers have checked, under a replication id, that their entries survived. */
export type HaveChecked = (replicationId: string | undefined) => boolean

/**
 * The register of publishers, as a subscriber reads it after a failover.
 *
 * A record expires by the clock of the server. After a failover that is another server, whose clock may be behind. So a
 * record also counts as expired if, by our own clock, it was not written again within its time.
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

  /** Reads the register. If that fails, the answer is no. Rejects if the link was lost. */
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

  /** Forgets the records: no publisher is waited for. */
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

/** If a newer version wrote a record in another form, its publisher is waited for until the record expires. */
function hasChecked(publisher: PublisherRecord | undefined, replicationId: string | undefined): boolean {
  return publisher !== undefined && (!publisher.repairs || publisher.replicationId === replicationId)
}

function unreadable(cause: unknown): ConfigurationError {
  return new ConfigurationError(
    'Expected to read the register of publishers after a failover: until it can be read, nobody knows whether their entries survived, so `verifiedAt` stays and `caughtUp()` waits. Give the user the right to HGETALL its key (`doctor` names it), or set `strictFailover`',
    { cause },
  )
}
