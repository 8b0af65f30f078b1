/** By so many digits the ids of a series differ. */
export const countedDigits = 3

/** How many ids share all but their last digits. */
const idsPerSeries = 16 ** countedDigits

const countTexts: readonly string[] = Array.from({ length: idsPerSeries }, (_, count) =>
  count.toString(16).padStart(countedDigits, '0'),
)

/** The id with this count in its series; undefined if a series has no such count. */
export function idInSeries(series: string, count: number): string | undefined {
  const digits = countTexts[count]
  return digits === undefined ? undefined : series + digits
}

/** An id in two parts, since a frame names the first once for many messages. */
export interface CountedId {
  /** The id without its last digits; or, if `count` is −1, the whole id. */
  readonly series: string
  readonly count: number
}

/** Makes ids, and is the newest of them. */
export interface UuidCounter extends CountedId {
  /** Goes on to the next id. */
  advance(): void
}

/** The id as a text. */
export function idText({ series, count }: CountedId): string {
  return idInSeries(series, count) ?? series
}

/**
 * UUIDs of version 4 whose last three digits are counted; all else is drawn anew for every 4,096 of them. They are as
 * unique as UUIDs drawn one by one, which take ten times as long. If you have seen one, you can guess the next.
 */
export class CountedUuids implements UuidCounter {
  series = ''
  count = idsPerSeries - 1
  readonly #draw: () => string

  constructor(draw: () => string) {
    this.#draw = draw
  }

  advance(): void {
    if (++this.count < idsPerSeries) return
    this.series = this.#draw().slice(0, -countedDigits)
    this.count = 0
  }
}

/** Plain text of up to 128 characters that ends as a counted id does. */
const countable = /^[ !#-[\]-~]{0,125}[\da-f]{3}$/

/** Ids that are each drawn, such as those of a test's runtime. */
export class DrawnUuids implements UuidCounter {
  series = ''
  count = -1
  readonly #draw: () => string

  constructor(draw: () => string) {
    this.#draw = draw
  }

  advance(): void {
    const id = this.#draw()
    const isCountable = countable.test(id)
    this.series = isCountable ? id.slice(0, -countedDigits) : id
    this.count = isCountable ? Number.parseInt(id.slice(-countedDigits), 16) : -1
  }
}
