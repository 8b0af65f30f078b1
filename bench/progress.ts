/** What progress is written to: stderr, since stdout carries the result alone. */
export interface ProgressOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const barWidth = 20
const clearLine = '\r\u001b[K'

/** Tells how far the bench is: a line each run, or on a terminal one line that is drawn anew. */
export class Progress {
  readonly #output: ProgressOutput
  readonly #cases: number
  readonly #now: () => number
  readonly #startedAt: number
  #casesDone = 0
  #lineDrawn = false

  /** @param now milliseconds that only rise */
  constructor(output: ProgressOutput, cases: number, now: () => number) {
    this.#output = output
    this.#cases = cases
    this.#now = now
    this.#startedAt = now()
  }

  /** A line that stays. */
  say(line: string): void {
    this.clear()
    this.#output.write(`${line}\n`)
  }

  /** A run has ended, and with it this share (0 to 1) of its case. */
  ran(share: number, line: string): void {
    const done = this.#cases === 0 ? 1 : (this.#casesDone + share) / this.#cases
    if (share >= 1) this.#casesDone++
    const percent = `${Math.floor(done * 100)
      .toString()
      .padStart(3)} %`
    const left = done < 1 ? `, about ${formatSeconds((this.#secondsPassed * (1 - done)) / done)} left` : ''
    if (!this.#output.isTTY) {
      this.#output.write(`${percent}  ${line}\n`)
      return
    }
    const bar = '█'.repeat(Math.round(done * barWidth)).padEnd(barWidth, '░')
    this.#output.write(clearLine + `${bar}${percent}${left}  ${line}`.slice(0, (this.#output.columns ?? 80) - 1))
    this.#lineDrawn = true
  }

  /** Leaves the line of a terminal to others. */
  clear(): void {
    if (this.#lineDrawn) this.#output.write(clearLine)
    this.#lineDrawn = false
  }

  get #secondsPassed(): number {
    return (this.#now() - this.#startedAt) / 1_000
  }
}

/** `45 s`, `3 min 20 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds)
  const minutes = Math.floor(whole / 60)
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % 60} s`
}
