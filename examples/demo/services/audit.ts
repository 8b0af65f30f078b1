import type { Audit, StaleValue } from './service.js'

/** Compares every cached value with what the database holds now. */
export function audit(
  tiers: Readonly<Record<StaleValue['tier'], Iterable<readonly [string, string]>>>,
  readDatabase: (key: string) => string,
): Audit {
  const stale: StaleValue[] = []
  let compared = 0
  for (const tier of ['memory', 'redis'] as const) {
    for (const [key, cached] of tiers[tier]) {
      compared += 1
      const current = readDatabase(key)
      if (cached !== current) stale.push({ tier, key, cached, current })
    }
  }
  return { compared, stale }
}
