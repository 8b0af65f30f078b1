import type { Span } from './span.js'

/** A stretch of time that is drawn, in ms since the epoch. */
interface Stretch {
  readonly fromMs: number
  readonly toMs: number
  /** In characters. */
  readonly width: number
}

const breakMark = ' ┊ '

/** Less can't be told apart, and nothing is divided by 0. */
const minLengthMs = 0.001

/** Draws spans as bars to one scale. Where nothing happened for long before the late one, that time is left out. */
export class TimeAxis {
  readonly #stretches: readonly Stretch[]
  readonly #width: number
  readonly #gap: string

  constructor(early: readonly Span[], late: Span, width: number) {
    const fromMs = Math.min(...early.map(({ startMs }) => startMs))
    const toMs = Math.max(...early.map(({ endMs }) => endMs))
    const gapMs = late.startMs - toMs
    const earlyMs = Math.max(toMs - fromMs, minLengthMs)
    const lateMs = Math.max(late.endMs - late.startMs, minLengthMs)
    const room = width - breakMark.length
    const earlyWidth = clamp(Math.round((earlyMs / (earlyMs + lateMs)) * room), 1, room - 1)
    this.#width = width
    this.#gap = `${(gapMs / 1_000).toFixed(1)} s later`
    this.#stretches =
      gapMs > earlyMs + lateMs
        ? [
            { fromMs, toMs, width: earlyWidth },
            { fromMs: late.startMs, toMs: late.endMs, width: room - earlyWidth },
          ]
        : [{ fromMs, toMs: Math.max(toMs, late.endMs), width }]
  }

  /** As wide as the axis. A span is at least a character long, also where that stands for more time than it took. */
  bar(span: Span): string {
    const isLate = ({ fromMs }: Stretch): boolean => span.startMs >= fromMs
    const own = this.#stretches.findLastIndex(isLate)
    const parts = this.#stretches.map((stretch, index) =>
      index === own ? barWithin(stretch, span) : (index < own ? this.#gapWithin(stretch) : '').padEnd(stretch.width),
    )
    return parts.join(breakMark).padEnd(this.#width)
  }

  /** How long nothing happened, where there is room to say so. */
  #gapWithin({ width }: Stretch): string {
    return this.#gap.length <= width ? this.#gap.padStart(width) : ''
  }
}

function barWithin({ fromMs, toMs, width }: Stretch, { startMs, endMs }: Span): string {
  const perMs = width / Math.max(toMs - fromMs, minLengthMs)
  const from = clamp(Math.floor((startMs - fromMs) * perMs), 0, width - 1)
  const length = clamp(Math.round((endMs - startMs) * perMs), 1, width - from)
  return `${' '.repeat(from)}${'█'.repeat(length)}`.padEnd(width)
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max)
}
