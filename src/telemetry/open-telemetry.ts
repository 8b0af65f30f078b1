import type * as Api from '@opentelemetry/api'
import { describeThrown, hasCode } from '../support/thrown.js'
import { version } from '../support/version.js'
import { type OpenTelemetryApi, roleAttributes } from './attributes.js'
import { Meters } from './meters.js'

/** The name under which spans and metrics are recorded: that of the package. */
const scopeName = 'cache-invalidation'

/* eslint-disable @typescript-eslint/no-deprecated --
   The API has no other way to ask whether an SDK is there; it stays in all versions that the peer range admits. */

/** The application's OpenTelemetry, as far as it is set up; it can be at any time. */
export class OpenTelemetry {
  readonly api: OpenTelemetryApi
  readonly meters: Meters
  /** What a tracer provider delegates to while no SDK has been registered. */
  readonly #noDelegate: Api.TracerProvider
  #provider: Api.TracerProvider | undefined
  #tracer: Api.Tracer | undefined

  constructor(api: OpenTelemetryApi) {
    this.api = api
    this.meters = new Meters(api, scopeName, version)
    this.#noDelegate = new api.ProxyTracerProvider().getDelegate()
  }

  /** Undefined while no SDK is registered: then spans would go nowhere, and cost more than asking. */
  get tracer(): Api.Tracer | undefined {
    const provider = this.api.trace.getTracerProvider()
    if (provider instanceof this.api.ProxyTracerProvider && provider.getDelegate() === this.#noDelegate)
      return undefined
    if (provider !== this.#provider) {
      this.#provider = provider
      this.#tracer = provider.getTracer(scopeName, version)
    }
    return this.#tracer
  }

  /** A connection came back after it was lost. */
  reconnected(channel: string, role: 'publisher' | 'subscriber'): void {
    this.meters.recorders?.reconnects.add(1, roleAttributes(channel, role))
  }
}

/* eslint-enable @typescript-eslint/no-deprecated */

let loading: Promise<OpenTelemetry | undefined> | undefined

/** The application's copy of `@opentelemetry/api`; undefined where it has none. */
export function loadOpenTelemetry(): Promise<OpenTelemetry | undefined> {
  loading ??= import('@opentelemetry/api').then((api) => new OpenTelemetry(api), withoutIt)
  return loading
}

function withoutIt(reason: unknown): undefined {
  if (hasCode(reason, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND')) return
  process.emitWarning(`@opentelemetry/api can't be loaded, so nothing is traced: ${describeThrown(reason)}`)
}
