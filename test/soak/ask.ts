/** Questions that are answered by number. */
export class Asks<Answer> {
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #asked = 0

  /** @param send asks the question of this number */
  ask(send: (ask: number) => void): Promise<Answer> {
    return new Promise((resolve) => {
      const ask = ++this.#asked
      this.#waiting.set(ask, resolve)
      send(ask)
    })
  }

  answer(ask: number, answer: Answer): void {
    this.#waiting.get(ask)?.(answer)
    this.#waiting.delete(ask)
  }
}
