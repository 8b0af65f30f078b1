/** How long and how much: `smoke` only shows that everything runs, and its figures mean nothing. */
export type Size = 'full' | 'smoke'

/** Something that is measured. Each has a file in `measurements/` and a line in `measurements.ts`. */
export interface Measurement {
  /** As in `--only NAME` and in the JSON. */
  readonly name: string
  readonly title: string
  readonly figures: readonly Figure[]
  cases(size: Size): readonly Case[]
}

/** One number out of the samples of a run. */
export interface Figure {
  readonly name: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
  of(samples: readonly number[]): number
}

/** Variants that are measured in turns, on a Redis of their own. */
export interface Case {
  readonly name: string
  /** Prepares the server. Ours comes first of the variants: the others are what it is compared with. */
  open(url: string): Promise<readonly Variant[]> | readonly Variant[]
}

export interface Variant {
  readonly name: string
  /** Measures once, in new processes; resolves to the samples. */
  run(): Promise<readonly number[]>
}
