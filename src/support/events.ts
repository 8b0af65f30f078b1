import { EventEmitter } from 'node:events'
import { outsideOfContexts } from './async-context.js'
import { describeNamed } from './thrown.js'

/** What of a logger is used; pino, winston and `console` all fit. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** The events every emitter of this library has. */
export interface ErrorEvents {
  /** Something failed that no promise can carry. Without a listener it becomes a process warning, never a crash. */
  error: [error: Error]
}

/**
 * Typed events with a safe `error`: without a listener it goes to the logger or, without one, becomes a process
 * warning. A listener that throws is reported the same way and never breaks the one who emits. Listeners run outside of
 * every async context of the application.
 */
export class TypedEmitter<Events extends ErrorEvents & { [Name in keyof Events]: unknown[] }> {
  readonly #emitter = new EventEmitter()
  readonly #logger: Logger | undefined

  constructor(logger?: Logger) {
    this.#logger = logger
    this.#emitter.setMaxListeners(0)
  }

  on<Name extends keyof Events & string>(name: Name, listener: (...args: Events[Name]) => void): this {
    this.#emitter.on(name, listener as (...args: unknown[]) => void)
    return this
  }

  once<Name extends keyof Events & string>(name: Name, listener: (...args: Events[Name]) => void): this {
    this.#emitter.once(name, listener as (...args: unknown[]) => void)
    return this
  }

  off<Name extends keyof Events & string>(name: Name, listener: (...args: Events[Name]) => void): this {
    this.#emitter.off(name, listener as (...args: unknown[]) => void)
    return this
  }

  /**
   * @internal Goes to the logger or, without one, becomes a process warning: for what is not, or not yet, a failure.
   */
  warn(text: string): void {
    if (this.#logger) this.#logger.warn(text)
    else process.emitWarning(text, 'CacheInvalidationWarning')
  }

  /** @internal */
  emit<Name extends keyof Events & string>(name: Name, ...args: Events[Name]): void {
    if (name === 'error') this.#logger?.error(describeNamed(args[0]))
    if (name === 'error' && this.#emitter.listenerCount('error') === 0) {
      if (!this.#logger) process.emitWarning(describeNamed(args[0]), 'CacheInvalidationWarning')
      return
    }
    try {
      outsideOfContexts(() => this.#emitter.emit(name, ...args))
    } catch (error) {
      const text = `A listener of "${name}" threw: ${describeNamed(error)}`
      if (this.#logger) this.#logger.error(text)
      else process.emitWarning(text, 'CacheInvalidationWarning')
    }
  }
}
