import type { Corkable } from './redis-like.js'

/** What is written in one turn of the loop leaves in one write to the socket: the writes are half of what sending costs. */
export class Cork {
  #corked: Corkable | undefined

  /** Holds back what is written to this stream until the turn is over. */
  forThisTurn(stream: Corkable | undefined): void {
    if (stream === undefined || stream === this.#corked) return
    this.#corked = stream
    stream.cork()
    process.nextTick(() => {
      if (this.#corked === stream) this.#corked = undefined
      stream.uncork()
    })
  }
}
