import type { Order, ServiceName, Tell } from '../services/service.js'

/** A service that runs, wherever it does. */
export interface RunningService {
  /** Resolves when it is done; rejects when the service fails, or ends. */
  carryOut(order: Order): Promise<void>
  /** Ends it without warning. */
  kill(): Promise<void>
}

export interface StageSettings {
  readonly seed: number
  /** Where services send their traces, as OTLP over HTTP in JSON. */
  readonly tracesEndpoint: string
}

/** Where the services run, and what can be done to them there. */
export interface Stage {
  readonly mode: 'redis' | 'memory'
  /** Where that is, in words. */
  readonly description: string
  /** What the faults are here. */
  readonly words: { readonly kill: string; readonly cut: string; readonly outage: string }
  /** Resolves when the service is ready to work. */
  start(name: ServiceName, tell: Tell): Promise<RunningService>
  /** Cuts the Pub/Sub connection of a service; it comes back by itself. */
  cutPubSub(name: ServiceName): Promise<void>
  /** Absent where Redis is not ours to stop. */
  readonly outage?: { begin(): Promise<void>; end(): Promise<void> }
  /** Ends all that still runs and leaves nothing behind. */
  close(): Promise<void>
}
