/** Colours, or not. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  good(text: string): string
  bad(text: string): string
}

/** Colours where the stream is a terminal, unless NO_COLOR is set. */
export function createPaint(stream: NodeJS.WriteStream): Paint {
  const isColoured = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  const style = (code: number) => (text: string) => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text)
  return { bold: style(1), dim: style(2), good: style(32), bad: style(31) }
}
