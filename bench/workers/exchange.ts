import { randomUUID } from 'node:crypto'
import type { Variant } from '../measurement.js'
import { peers } from '../peers.js'
import { Worker } from './worker.js'

export interface Exchange {
  readonly url: string
  /** The script that publishes. */
  readonly publisher: 'publish-flood.ts' | 'publish-paced.ts'
  /** What the subscriber measures. */
  readonly measure: 'rate' | 'latency'
  /** What the publisher is asked for first, so that code and connections are warm. */
  readonly warmUp: readonly number[]
  readonly measured: readonly number[]
}

/** The same exchange of messages between two processes, by each of the peers. */
export function exchanges(exchange: Exchange): readonly Variant[] {
  return peers.map(({ name }) => ({ name, run: () => runExchange(name, exchange) }))
}

/** On a channel of its own; resolves to what the subscriber measured. */
async function runExchange(peer: string, exchange: Exchange): Promise<readonly number[]> {
  const { url, publisher: script, measure, warmUp, measured } = exchange
  const channel = `bench:${randomUUID()}`
  const started = await Promise.all([
    Worker.start('subscribe.ts', [peer, url, channel, measure]),
    Worker.start(script, [peer, url, channel]),
  ])
  await using subscriber = started[0]
  await using publisher = started[1]
  const round = async (asked: readonly number[]): Promise<readonly number[]> => {
    const [samples] = await Promise.all([subscriber.ask(), publisher.ask(...asked)])
    return samples
  }
  await round(warmUp)
  return await round(measured)
}
