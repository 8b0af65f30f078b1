import { stripVTControlCharacters } from 'node:util'
import type { ActProgress, Board } from '../board.js'
import { alignColumns } from '../columns.js'
import { serviceNames } from '../services/service.js'
import { createPaint, type Paint } from './paint.js'
import type { Screen } from './screen.js'

const redrawMs = 100
const linesKept = 8

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const eraseToEnd = '\u001b[J'

/** The acts, the services and what happened last, redrawn in place. */
export class LiveScreen implements Screen {
  readonly #stream: NodeJS.WriteStream
  readonly #board: Board
  readonly #paint: Paint
  readonly #startedAt = performance.now()
  readonly #redrawing: NodeJS.Timeout
  #lines: string[] = []
  #drawn = 0

  constructor(stream: NodeJS.WriteStream, board: Board) {
    this.#stream = stream
    this.#board = board
    this.#paint = createPaint(stream)
    stream.write(hideCursor)
    this.#redrawing = setInterval(() => this.#draw(), redrawMs)
  }

  announce(): void {
    this.#draw()
  }

  say(line: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1)
    this.#lines = [...this.#lines, `${seconds.padStart(5)} s  ${line}`].slice(-linesKept)
  }

  close(): void {
    clearInterval(this.#redrawing)
    this.#draw()
    this.#stream.write(showCursor)
  }

  #draw(): void {
    const lines = [
      '',
      ...this.#board.acts.map((act, index) => this.#actLine(act, index + 1)),
      '',
      ...this.#serviceLines(),
      '',
      ...this.#lines,
    ]
    // A line that wraps, or scrolls away, could not be drawn over.
    const { columns, rows } = this.#stream
    const fitting = lines.slice(0, (rows || 24) - 1).map((line) => fit(line, (columns || 80) - 1))
    const backUp = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : ''
    this.#stream.write(`${backUp}\r${eraseToEnd}${fitting.join('\n')}\n`)
    this.#drawn = fitting.length
  }

  #actLine({ title, status, summary }: ActProgress, number: number): string {
    const line = `${number}  ${title}`
    switch (status) {
      case 'to come':
        return this.#paint.dim(`   ${line}`)
      case 'now':
        return this.#paint.bold(` > ${line}`)
      case 'played':
        return ` ${this.#paint.good('✓')} ${line}: ${this.#paint.dim(summary)}`
      case 'skipped':
        return this.#paint.dim(` - ${line}: ${summary}`)
    }
  }

  #serviceLines(): string[] {
    const head = ['   service', 'state', 'published', 'live', 'replayed', 'duplicates', 'reads', 'cached']
    const rows = serviceNames.map((name) => {
      const { total, latest } = this.#board.tallies[name]
      const { published, live, replayed, duplicates, reads } = total
      const numbers = name === 'user-service' ? [published] : ['', live, replayed, duplicates, reads, latest.cached]
      return [`   ${name}`, latest.state, ...numbers.map((number) => number.toLocaleString('en-US'))]
    })
    const [heading = '', ...lines] = alignColumns(2, [head, ...rows])
    return [this.#paint.bold(heading), ...lines]
  }
}

/** Cuts a line that is too long, and takes its colours, which might be cut in the middle. */
function fit(line: string, width: number): string {
  const plain = stripVTControlCharacters(line)
  return plain.length <= width ? line : plain.slice(0, width)
}
