import type { InstrumentDefinition } from '../../../src/telemetry/instruments.js'

/** The label that Prometheus makes of an attribute. */
export function labelOf(attribute: string): string {
  return attribute.replaceAll(/[^a-zA-Z0-9_]/g, '_')
}

/**
 * The metrics that Prometheus makes of an instrument, with `UnderscoreEscapingWithSuffixes`: underscores in place of
 * dots, the unit in full unless it only says what is counted, `_total` for a counter, three series for a histogram.
 */
export function metricsOf({ name, kind, unit }: InstrumentDefinition): readonly string[] {
  const base = [labelOf(name), ...unitSuffix(unit)].join('_')
  switch (kind) {
    case 'counter':
      return [`${base}_total`]
    case 'gauge':
      return [base]
    case 'histogram':
      return [`${base}_bucket`, `${base}_count`, `${base}_sum`]
  }
}

function unitSuffix(unit: string): readonly string[] {
  if (/^\{.*\}$/.test(unit)) return []
  if (unit === 's') return ['seconds']
  if (unit === 'By') return ['bytes']
  throw new Error(`What Prometheus makes of the unit ${unit} is not known here: extend this function`)
}
