import type { Board } from '../board.js'
import { LiveScreen } from './live-screen.js'
import { PlainScreen } from './plain-screen.js'
import type { Screen } from './screen.js'

/** Redrawn in place on a terminal; else plain lines. */
export function openScreen(stream: NodeJS.WriteStream, board: Board): Screen {
  return stream.isTTY && process.env.TERM !== 'dumb' ? new LiveScreen(stream, board) : new PlainScreen(stream, board)
}
