import { createHash } from 'node:crypto'

interface Line {
  readonly atMs: number
  readonly actor: string
  readonly text: string
}

/**
 * Everything that users of publishers and subscriptions see in one schedule. What one of them does is kept in order.
 * Within one virtual millisecond nobody can see which of two processes came first, so lines are sorted by time and
 * process: a digest changes only with what can be seen.
 */
export class Transcript {
  readonly #lines: Line[] = []

  add(atMs: number, actor: string, what: string, detail?: unknown): void {
    this.#lines.push({ atMs, actor, text: detail === undefined ? what : `${what} ${textOf(detail)}` })
  }

  /** One line for each thing that was seen: time in virtual ms, process, and what it was. */
  get text(): string {
    return this.#lines
      .toSorted((one, other) => one.atMs - other.atMs || compare(one.actor, other.actor))
      .map(({ atMs, actor, text }) => `${atMs.toFixed(3)} ${actor} ${text}\n`)
      .join('')
  }

  /** Twelve hexadecimal digits. */
  get digest(): string {
    return createHash('sha256').update(this.text).digest('hex').slice(0, 12)
  }
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** As JSON with sorted fields. Of errors only the name and the code: their wording may change. */
function textOf(detail: unknown): string {
  return JSON.stringify(detail, (key, value: unknown) => {
    // A dead letter says which process gave up.
    if (key === 'host' || key === 'pid') return undefined
    // It has its error as text: `<name>: <message>`.
    if (key === 'error' && typeof value === 'string') return value.split(':', 1)[0]
    if (value instanceof Error) return { name: value.name, code: 'code' in value ? value.code : undefined }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => compare(one, other)))
  })
}
