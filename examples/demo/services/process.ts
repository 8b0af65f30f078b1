/** The process of one service: starts it as it is told to, passes orders on, and ends when the show does. */
import { Redis } from 'ioredis'
import { sdk } from '../../telemetry/instrumentation.js'
import { Database } from './database.js'
import { isRequest, type Reply, type Request, type ServiceConfig } from './protocol.js'
import type { News, Order, Service } from './service.js'
import { SharedCache } from './shared-cache.js'
import { startService } from './start-service.js'

let service: Service | undefined

process.on('message', (message) => {
  if (isRequest(message)) void answer(message)
})
// However the show ends, its end of the channel closes then.
process.on('disconnect', () => process.exit())
// Ctrl-C goes to every process of a terminal; the show says when to stop.
process.on('SIGINT', () => undefined)

async function answer(request: Request): Promise<void> {
  const { id } = request
  try {
    if (request.type === 'start') service = await start(request.config)
    else await carryOut(request.order)
    tell({ type: 'done', id })
  } catch (error) {
    tell({ type: 'failed', id, reason: error instanceof Error ? error.message : String(error) })
  }
}

async function carryOut(order: Order): Promise<void> {
  await service?.carryOut(order)
  // Sends what was not sent yet.
  if (order === 'close') await sdk.shutdown()
}

function start({ name, redis, channel, databasePath, cursorPath, seed }: ServiceConfig): Promise<Service> {
  return startService(name, {
    // Lent for its configuration alone. The name tells this service's connections from the others'.
    log: new Redis(redis, { connectionName: `${channel}:${name}`, lazyConnect: true }),
    channel,
    cursorPath,
    seed,
    tell,
    database: new Database(databasePath),
    shared: new SharedCache(redis, `${channel}:${name}:`),
  })
}

function tell(message: Reply | News): void {
  if (process.connected) process.send?.(message)
}
