/** The share of publishes that are traced: some dozens while a service is down, of tens of thousands in all. */
export const tracedShare = 0.05

/**
 * How a service's OpenTelemetry is set up: its traces go to the collector of the demo. Whether a message is traced is up
 * to its publish; replays and resyncs begin traces of their own, and each of them is traced.
 */
export function tracingEnvironment(service: string, endpoint: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isPublisher = service === 'user-service'
  return {
    OTEL_SERVICE_NAME: service,
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '200',
    OTEL_TRACES_SAMPLER: isPublisher ? 'parentbased_traceidratio' : 'parentbased_always_on',
    ...(isPublisher && { OTEL_TRACES_SAMPLER_ARG: String(tracedShare) }),
    OTEL_METRICS_EXPORTER: env.OTEL_METRICS_EXPORTER ?? (env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ? 'otlp' : 'none'),
    OTEL_METRIC_EXPORT_INTERVAL: env.OTEL_METRIC_EXPORT_INTERVAL ?? '5000',
    OTEL_METRIC_EXPORT_TIMEOUT: env.OTEL_METRIC_EXPORT_TIMEOUT ?? '2000',
    OTEL_LOGS_EXPORTER: 'none',
  }
}
