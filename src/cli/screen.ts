import { stripVTControlCharacters } from 'node:util'
import type { InputStream } from './command-session.js'

const escape = '\u001b['

/** What a screen is drawn on: an `Output`, of which it needs this much. */
export interface Canvas {
  readonly size: { readonly columns: number; readonly rows: number }
  write(text: string): Promise<void>
}

/** A terminal whose whole screen is drawn again and again; what was on it comes back at the end. */
export class Screen {
  readonly #canvas: Canvas

  private constructor(canvas: Canvas) {
    this.#canvas = canvas
  }

  static async open(canvas: Canvas): Promise<Screen> {
    // The alternate screen, without the cursor.
    await canvas.write(`${escape}?1049h${escape}?25l`)
    return new Screen(canvas)
  }

  /** Draws what fits on the screen in place of what is there. */
  async draw(text: string): Promise<void> {
    const { columns, rows } = this.#canvas.size
    const lines = text.split('\n').slice(0, rows)
    const drawn = lines.map((line) => `${cut(line, columns)}${escape}K`).join('\r\n')
    await this.#canvas.write(`${escape}H${drawn}${escape}J`)
  }

  async close(): Promise<void> {
    await this.#canvas.write(`${escape}?25h${escape}?1049l`)
  }
}

/** A line that does not wrap; one that is too long loses its styles. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line)
  return plain.length <= columns ? line : `${plain.slice(0, columns - 1)}…`
}

const ctrlC = '\u0003'

/** What is called for keys. */
export interface QuitListener {
  onQuit(): void
  onInterrupt(): void
}

/** Waits for `q` and Ctrl-C on a terminal; returns how to stop. */
export function onQuitKeys(stdin: InputStream, listener: QuitListener): () => void {
  if (stdin.isTTY !== true) return () => undefined
  const take = (keys: Buffer | string): void => {
    const text = keys.toString()
    // Where keys come one by one, Ctrl-C is one of them and no signal.
    if (text.includes(ctrlC)) listener.onInterrupt()
    else if (text.includes('q')) listener.onQuit()
  }
  stdin.setRawMode?.(true)
  stdin.on('data', take)
  return () => {
    stdin.off('data', take)
    stdin.setRawMode?.(false)
    stdin.pause()
  }
}
