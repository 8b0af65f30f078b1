import type { Serializable } from 'node:child_process'

/** A process that is a child or a parent. */
export interface Port {
  on(event: 'message', listener: (message: unknown) => void): unknown
  send?(message: Serializable, handle: undefined, options: undefined, sent: () => void): unknown
}

/** What is sent: a question, or what became of one. */
interface Sent {
  readonly kind: 'question' | 'answer' | 'failure'
  /** Counted by the side that asks. */
  readonly number: number
  readonly content?: unknown
}

/** Two processes that ask each other, as many questions at a time as they like. */
export class Conversation {
  readonly #port: Port
  readonly #answer: (question: unknown) => Promise<unknown>
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #asked = 0
  #ended: Error | undefined

  /** @param answer answers the questions of the other side; what it rejects with, their `ask()` rejects with */
  constructor(port: Port, answer: (question: unknown) => Promise<unknown>) {
    this.#port = port
    this.#answer = answer
    port.on('message', (message: unknown) => this.#take(message))
  }

  async ask(question: object): Promise<unknown> {
    if (this.#ended !== undefined) throw this.#ended
    const number = ++this.#asked
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(number, waiting)
    this.#send({ kind: 'question', number, content: question })
    return waiting.promise
  }

  /** All questions without an answer, and all later ones, reject with this. */
  end(reason: Error): void {
    this.#ended ??= reason
    for (const { reject } of this.#waiting.values()) reject(this.#ended)
    this.#waiting.clear()
  }

  #take(message: unknown): void {
    if (!isSent(message)) throw new TypeError(`Expected a question or an answer, got ${JSON.stringify(message)}`)
    const { kind, number, content } = message
    if (kind === 'question') {
      void this.#reply(number, content)
      return
    }
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (kind === 'answer') waiting?.resolve(content)
    else waiting?.reject(new Error(String(content)))
  }

  async #reply(number: number, question: unknown): Promise<void> {
    try {
      const content = await this.#answer(question)
      this.#send({ kind: 'answer', number, content })
    } catch (error) {
      this.#send({ kind: 'failure', number, content: error instanceof Error ? error.message : String(error) })
    }
  }

  #send(message: Sent): void {
    // A side that has gone is no failure of this one: its end is noticed by itself.
    this.#port.send?.(message, undefined, undefined, () => undefined)
  }
}

function isSent(value: unknown): value is Sent {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('number' in value)) return false
  const kinds: readonly unknown[] = ['question', 'answer', 'failure']
  return kinds.includes(value.kind) && typeof value.number === 'number'
}
