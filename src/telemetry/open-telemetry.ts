import type * as Api from '@opentelemetry/api'
import { describeLacking, describeUnsuitable } from '../support/peers.js'
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

/** Needed for its metrics and the types of its spans. */
const peer = { name: '@opentelemetry/api', lowest: { 1: 9 } } as const

let loading: Promise<OpenTelemetry | undefined> | undefined
let loaded: OpenTelemetry | undefined

/** The application's copy of `@opentelemetry/api`; undefined where it has none, or one of another version. */
export function loadOpenTelemetry(): Promise<OpenTelemetry | undefined> {
  loading ??= load()
  return loading
}

/** The same at once: what has been loaded by the time that a publisher or a subscriber is connected. */
export function loadedOpenTelemetry(): OpenTelemetry | undefined {
  return loaded
}

async function load(): Promise<OpenTelemetry | undefined> {
  let problem: string | undefined
  try {
    // Bundlers take the failure of an import for an error of the build, except inside of `try`.
    const api = await import('@opentelemetry/api')
    problem = describeUnsuitable(peer) ?? describeLack(api)
    if (problem === undefined) {
      loaded = new OpenTelemetry(api)
      return loaded
    }
  } catch (reason) {
    if (isMissing(reason)) return undefined
    problem = describeThrown(reason)
  }
  process.emitWarning(`@opentelemetry/api can't be used, so nothing is traced or measured. ${problem}`)
  return undefined
}

/** Names a part of the API that is missing, as in older versions; the types do not allow for that. */
function describeLack(api: Partial<OpenTelemetryApi>): string | undefined {
  const lacking = (['metrics', 'trace', 'context', 'propagation', 'ProxyTracerProvider'] as const).find(
    (part) => api[part] === undefined,
  )
  return lacking && describeLacking(peer, lacking)
}

/** Node and webpack give the error a code. In a bundle of Vite and in Jest only its text shows that it is missing. */
function isMissing(reason: unknown): boolean {
  if (hasCode(reason, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND')) return true
  return /(could not resolve|cannot find (module|package)) ['"]@opentelemetry\/api['"]/i.test(describeThrown(reason))
}
