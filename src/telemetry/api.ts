import type * as Api from '@opentelemetry/api'

/** The module of that name, as the application has it. */
export type OpenTelemetryApi = typeof Api
