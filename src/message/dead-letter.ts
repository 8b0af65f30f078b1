/** A message whose handler failed for good. */
export interface DeadLetter {
  /** Name of the place in the dead-letter stream: its stream ID. */
  readonly id: string
  /** The message as JSON. */
  readonly message: string
  readonly error: string
  /** Name of the subscription that gave up on it. */
  readonly subscriber: string
  /** How many times the handler was tried. */
  readonly tries: number
}
