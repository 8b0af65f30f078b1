type Values = Readonly<Record<string, number>>

export interface Stale {
  readonly subscription: string
  readonly key: string
  readonly cached: number
  /** What the source of truth says. */
  readonly current: number | undefined
}

/** Cached values that differ from the source of truth. Only to be asked at rest. */
export function findStale(truth: Values, caches: ReadonlyMap<string, Values>): Stale[] {
  return [...caches].flatMap(([subscription, values]) =>
    Object.entries(values)
      .filter(([key, cached]) => cached !== truth[key])
      .map(([key, cached]) => ({ subscription, key, cached, current: truth[key] })),
  )
}
