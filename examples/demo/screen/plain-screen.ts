import type { ActProgress, Board } from '../board.js'
import { cachingServiceNames } from '../services/service.js'
import type { Screen } from './screen.js'

const progressMs = 2_000

/** A line for everything that happens, and one for progress every two seconds. */
export class PlainScreen implements Screen {
  readonly #stream: NodeJS.WriteStream
  readonly #startedAt = performance.now()
  readonly #progress: NodeJS.Timeout

  constructor(stream: NodeJS.WriteStream, board: Board) {
    this.#stream = stream
    this.#progress = setInterval(() => this.say(progressOf(board)), progressMs)
  }

  announce(act: ActProgress): void {
    this.#stream.write(`\n${act.title}\n`)
  }

  say(line: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1)
    this.#stream.write(`${seconds.padStart(5)} s  ${line}\n`)
  }

  close(): void {
    clearInterval(this.#progress)
  }
}

function progressOf({ published, tallies }: Board): string {
  const caches = cachingServiceNames.map((name) => {
    const { live, replayed } = tallies[name].total
    return `${name} ${tallies[name].latest.state}, ${live} live + ${replayed} replayed`
  })
  return [`${published} published`, ...caches].join('; ')
}
