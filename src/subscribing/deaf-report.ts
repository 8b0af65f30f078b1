import { ConfigurationError } from '../errors.js'

/**
 * Tells of a channel that stays silent while the log grows, also over a connection that was made anew: then it is no
 * connection that is deaf, but what is published goes elsewhere. Told once, until something arrives.
 */
export class DeafReport {
  readonly #channel: string
  readonly #report: (error: Error) => void
  #replacements = 0

  constructor(channel: string, report: (error: Error) => void) {
    this.#channel = channel
    this.#report = report
  }

  /** A frame of the log has arrived. */
  heard(): void {
    this.#replacements = 0
  }

  /** The connection is made anew, since nothing arrives that the log has. */
  replaced(): void {
    this.#replacements += 1
    if (this.#replacements !== 2) return
    this.#report(
      new ConfigurationError(
        `Nothing arrives on the channel "${this.#channel}" although the log grows and the connection was made anew: all is read from the log, up to two heartbeats late. Give all publishers and subscribers the same \`sharded\`, and publishers the right to publish to the channel`,
      ),
    )
  }
}
