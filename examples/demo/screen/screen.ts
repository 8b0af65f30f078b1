import type { ActProgress } from '../board.js'

/** Shows how the demo goes. */
export interface Screen {
  /** An act begins. */
  announce(act: ActProgress): void
  /** Something has happened. */
  say(line: string): void
  /** What was shown stays; nothing more is. */
  close(): void
}
