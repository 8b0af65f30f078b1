import type { HandlerTimer } from '../../telemetry/stats-collector.js'
import type { DeliveryTelemetry } from '../../telemetry/telemetry.js'
import type { Work } from './delivery.js'
import type { RetryLaneContext } from './failing.js'
import type { TriesContext } from './retry.js'

export interface DispatcherContext extends TriesContext, Omit<RetryLaneContext, 'onAside'> {
  /** How many tasks run at once. */
  readonly concurrency: number
  readonly telemetry?: DeliveryTelemetry | undefined
  readonly timer?: HandlerTimer | undefined
  /** Begins a resync for dead letters; returns its work, or undefined if nothing is handed over. Default: never. */
  resync?(): Work | undefined
  /** Takes failures that change nothing about what counts as handled. */
  onError(error: Error): void
}
