import { createInterface } from 'node:readline'
import { Cluster } from 'ioredis'
import type { RedisSource } from '../../../src/index.js'
import type { Access } from './protocol.js'

/** Tells the soak. */
export function tell(news: object): void {
  process.stdout.write(`${JSON.stringify(news)}\n`)
}

/** Takes orders, and ends this process with the soak, however that ends. */
export function listen<Order>(isOrder: (line: unknown) => line is Order, carryOut: (order: Order) => void): void {
  // Ctrl-C goes to every process of a terminal; the soak says when to stop.
  process.on('SIGINT', () => undefined)
  const lines = createInterface(process.stdin)
  lines.on('line', (line) => carryOut(checked(line, isOrder)))
  lines.on('close', () => process.exit())
}

/** What the soak started this process with. */
export function readConfig<Config>(isConfig: (config: unknown) => config is Config): Config {
  return checked(process.argv[2] ?? 'null', isConfig)
}

/** In bytes. */
export function memoryHighWaterMark(): number {
  return process.resourceUsage().maxRSS * 1_024
}

/** Options that depend on where the log is. */
export function optionsFor(access: Access): { readonly sharded?: boolean } {
  return access.kind === 'cluster' ? { sharded: access.sharded } : {}
}

export function sourceOf(access: Access): RedisSource {
  switch (access.kind) {
    case 'url':
      return access.url
    case 'options':
      return access.options
    case 'cluster':
      // Lent for its configuration alone.
      return new Cluster([...access.nodes], { natMap: access.natMap, lazyConnect: true })
  }
}

function checked<T>(json: string, isExpected: (value: unknown) => value is T): T {
  const value: unknown = JSON.parse(json)
  if (!isExpected(value)) throw new Error(`Not understood: ${json}`)
  return value
}
