import { SpanKind } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { ParentBasedSampler, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace'
import { tracedShare, tracingEnvironment } from './environment.js'

/** Where one process holds all services, no variable tells publishes from the rest: of them, every so many-th is traced. */
class PublishSampler implements Sampler {
  readonly #every = Math.round(1 / tracedShare)
  #publishes = 0

  shouldSample(...[, , , kind]: Parameters<Sampler['shouldSample']>): ReturnType<Sampler['shouldSample']> {
    const isLeftOut = kind === SpanKind.PRODUCER && this.#publishes++ % this.#every !== 0
    return { decision: isLeftOut ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED }
  }

  toString(): string {
    return 'PublishSampler'
  }
}

/** Traces all services of this process as one, `cache-invalidation-demo`. */
export function traceInProcess(endpoint: string): NodeSDK {
  // It takes the settings of its exporter from there alone.
  Object.assign(process.env, tracingEnvironment('cache-invalidation-demo', endpoint, process.env))
  const sdk = new NodeSDK({ sampler: new ParentBasedSampler({ root: new PublishSampler() }) })
  sdk.start()
  return sdk
}
