/** Where traces are passed on to, besides being drawn. */
export interface TraceTarget {
  /** Takes OTLP over HTTP. */
  readonly url: string
  /** Of Jaeger's pages; undefined where it does not answer there. */
  readonly jaeger: string | undefined
}

const probeTimeoutMs = 300
const localEndpoint = 'http://localhost:4318'

/** What the environment names, else a Jaeger that runs on this machine. */
export async function findTraceTarget(env: NodeJS.ProcessEnv): Promise<TraceTarget | undefined> {
  const named = endpointOf(env)
  const url = named ?? `${localEndpoint}/v1/traces`
  const jaeger = await findJaeger(url)
  if (named !== undefined) return { url, jaeger }
  return jaeger !== undefined && (await takesTraces(url)) ? { url, jaeger } : undefined
}

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/: the one for traces is taken as it is. */
function endpointOf(env: NodeJS.ProcessEnv): string | undefined {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: forTraces, OTEL_EXPORTER_OTLP_ENDPOINT: forAll } = env
  if (forTraces) return forTraces
  return forAll ? `${forAll.replace(/\/$/, '')}/v1/traces` : undefined
}

/** The address of its pages, on the host that takes the traces. */
async function findJaeger(url: string): Promise<string | undefined> {
  if (!URL.canParse(url)) return undefined
  const address = `http://${new URL(url).hostname}:16686`
  return (await answers(`${address}/api/services`)) ? address : undefined
}

function takesTraces(url: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json' }
  return answers(url, { method: 'POST', headers, body: '{"resourceSpans":[]}' })
}

/** Nobody there is an answer, too. */
async function answers(url: string, init?: RequestInit): Promise<boolean> {
  try {
    return (await fetch(url, { ...init, signal: AbortSignal.timeout(probeTimeoutMs) })).ok
  } catch {
    return false
  }
}
