/** How much telemetry a process has: each costs more than the one before. */
export const telemetrySetups = [
  'tracing off',
  'no SDK',
  'SDK, none sampled',
  'SDK, 1 % sampled',
  'SDK, all recorded',
  'SDK, all recorded, metrics',
] as const

export type TelemetrySetup = (typeof telemetrySetups)[number]

export function isTelemetrySetup(text: string | undefined): text is TelemetrySetup {
  return telemetrySetups.some((setup) => setup === text)
}
