/** A publisher as a process of its own: publishes what it is told to, and tells what became of it. */
import { InvalidationPublisher } from '../../../src/index.js'
import { connection } from '../cast.js'
import {
  type AcknowledgedPublishing,
  isPublisherConfig,
  isPublisherOrder,
  type PublisherNews,
  type Publishing,
} from './protocol.js'
import { listen, memoryHighWaterMark, optionsFor, readConfig, sourceOf, tell } from './stdio.js'

const { access, service, options } = readConfig(isPublisherConfig)

/** Looks of the publisher at its server, one a heartbeat, that pass before it counts as settled. */
const settledLooks = 3

const news = (line: PublisherNews): void => tell(line)
news({ type: 'ready' })

const publisher = await InvalidationPublisher.connect(sourceOf(access), service, {
  ...connection,
  ...optionsFor(access),
  ...options,
})
publisher.on('repaired', (summary) => news({ type: 'repaired', summary }))
publisher.on('error', (error) => news({ type: 'note', text: `error: ${error.message}` }))
publisher.on('overflow', ({ collapsed }) =>
  news({ type: 'note', text: `overflow: ${collapsed} became one that evicts all` }),
)
publisher.on('disconnected', (error) => news({ type: 'note', text: `disconnected: ${error.message}` }))

let interrupted = performance.now()
publisher.on('disconnected', () => (interrupted = performance.now()))
publisher.on('connected', () => (interrupted = performance.now()))

let acknowledged: AcknowledgedPublishing[] = []

listen(isPublisherOrder, (order) => {
  if (order.type === 'publish') for (const message of order.messages) void publish(message)
  else void settle(order.ask)
})

async function publish({ id, invalidation }: Publishing): Promise<void> {
  const timestamp = new Date().toISOString()
  try {
    const receipt = await publisher.publish({ ...invalidation, messageId: id, timestamp, sourceService: service })
    if (acknowledged.length === 0) setImmediate(tellAcknowledged)
    acknowledged.push({ id, carrier: receipt.messageId, position: receipt.position })
  } catch (error) {
    news({ type: 'rejected', id, reason: error instanceof Error ? error.name : String(error) })
  }
}

/** Of one turn of the loop: acknowledgements come by the frame. */
function tellAcknowledged(): void {
  news({ type: 'acknowledged', messages: acknowledged, at: Date.now() })
  acknowledged = []
}

/** A failover is seen, and repaired, at the next look at the server: waits until some have passed undisturbed. */
async function settle(ask: number): Promise<void> {
  const begun = performance.now()
  const isSettled = (): boolean => {
    const { status, queued, inFlight } = publisher.health()
    const undisturbedMs = performance.now() - Math.max(begun, interrupted)
    return status === 'up' && queued + inFlight === 0 && undisturbedMs > settledLooks * connection.heartbeatMs
  }
  while (!isSettled()) await new Promise((resolve) => setTimeout(resolve, 20))
  await publisher.flush()
  news({ type: 'settled', ask, memory: memoryHighWaterMark() })
}
