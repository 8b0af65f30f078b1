import { randomUUID } from 'node:crypto'
import type { Variant } from '../measurement.js'
import { peers } from '../peers.js'
import { Worker } from './worker.js'

export interface Exchange {
  readonly url: string
  /** The script that publishes, and what it is told: how many callers, or what rate. */
  readonly publisher: 'publish-flood.ts' | 'publish-paced.ts'
  readonly load: number
  /** What the subscriber measures. */
  readonly measure: 'rate' | 'latency'
  /** What the publisher is asked for first, so that code and connections are warm; in milliseconds, or messages. */
  readonly warmUp: number
  readonly measured: number
}

/** The same exchange of messages between two processes, by each of the peers. */
export function exchanges(exchange: Exchange): readonly Variant[] {
  return peers.map(({ name }) => ({ name, run: () => runExchange(name, exchange) }))
}

/** On a channel of its own; resolves to what the subscriber measured. */
async function runExchange(peer: string, exchange: Exchange): Promise<readonly number[]> {
  const { url, publisher: script, load, measure, warmUp, measured } = exchange
  const channel = `bench:${randomUUID()}`
  const started = await Promise.all([
    Worker.start('subscribe.ts', [peer, url, channel, measure]),
    Worker.start(script, [peer, url, channel, load]),
  ])
  await using subscriber = started[0]
  await using publisher = started[1]
  const round = async (amount: number): Promise<readonly number[]> => {
    const [samples] = await Promise.all([subscriber.ask(amount), publisher.ask(amount)])
    return samples
  }
  await round(warmUp)
  return await round(measured)
}
