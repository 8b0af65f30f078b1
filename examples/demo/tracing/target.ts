/** Where traces are passed on to, besides being drawn. */
export interface TraceTarget {
  /** Takes OTLP over HTTP. */
  readonly url: string
  /** Of Jaeger's pages; undefined where they are not found on the same host. */
  readonly jaeger: string | undefined
}

const probeTimeoutMs = 300

/** Where Jaeger listens unless it is told otherwise. */
const jaegerPorts = { otlp: 4318, pages: 16686 }

/** What the environment names, else a Jaeger that runs on this machine. */
export async function findTraceTarget(
  env: NodeJS.ProcessEnv,
  ports: typeof jaegerPorts = jaegerPorts,
): Promise<TraceTarget | undefined> {
  const named = endpointOf(env)
  const url = named ?? `http://localhost:${ports.otlp}/v1/traces`
  const jaeger = await findPages(url, ports.pages)
  if (named !== undefined) return { url, jaeger }
  return jaeger !== undefined && (await takesTraces(url)) ? { url, jaeger } : undefined
}

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/: the one for traces is taken as it is. */
function endpointOf(env: NodeJS.ProcessEnv): string | undefined {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: forTraces, OTEL_EXPORTER_OTLP_ENDPOINT: forAll } = env
  if (forTraces) return forTraces
  return forAll ? `${forAll.replace(/\/$/, '')}/v1/traces` : undefined
}

async function findPages(url: string, port: number): Promise<string | undefined> {
  if (!URL.canParse(url)) return undefined
  const pages = `http://${new URL(url).hostname}:${port}`
  return (await answers(`${pages}/api/services`)) ? pages : undefined
}

function takesTraces(url: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json' }
  return answers(url, { method: 'POST', headers, body: '{"resourceSpans":[]}' })
}

/** That nobody is there is an answer, too. */
async function answers(url: string, init?: RequestInit): Promise<boolean> {
  try {
    return (await fetch(url, { ...init, signal: AbortSignal.timeout(probeTimeoutMs) })).ok
  } catch {
    return false
  }
}
