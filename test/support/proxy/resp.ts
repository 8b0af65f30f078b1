const lineEnd = '\r\n'

/** Cuts a stream of RESP (2 or 3), however it is chunked, into whole values: commands or replies. */
export class RespStream {
  #unread: Buffer = Buffer.alloc(0)

  /** The values that are whole with this chunk; the rest waits for more. */
  push(chunk: Buffer): Buffer[] {
    this.#unread = Buffer.concat([this.#unread, chunk])
    const values: Buffer[] = []
    for (let end = endOfValue(this.#unread, 0); end !== undefined; end = endOfValue(this.#unread, 0)) {
      values.push(this.#unread.subarray(0, end))
      this.#unread = this.#unread.subarray(end)
    }
    return values
  }
}

/** The first word of an array or a push: a command's name, or what a push is; in lower case, empty where there is none. */
export function firstWord(value: Buffer): string {
  const head = value.toString('latin1', 0, 64)
  return (/^[*>]\d+\r\n\$\d+\r\n(\w+)/.exec(head)?.[1] ?? '').toLowerCase()
}

/** Where the value that begins at `start` ends; undefined where more is to come. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
  const endOfLine = bytes.indexOf(lineEnd, start)
  if (endOfLine < 0) return undefined
  const behindLine = endOfLine + lineEnd.length
  const count = Number(bytes.toString('latin1', start + 1, endOfLine))
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case '$':
    case '=':
    case '!': {
      const end = count < 0 ? behindLine : behindLine + count + lineEnd.length
      return end <= bytes.length ? end : undefined
    }
    case '*':
    case '>':
    case '~':
      return endOfValues(bytes, behindLine, count)
    case '%':
      return endOfValues(bytes, behindLine, 2 * count)
    default:
      return behindLine
  }
}

function endOfValues(bytes: Buffer, start: number, count: number): number | undefined {
  let end: number | undefined = start
  for (let index = 0; index < count && end !== undefined; index++) end = endOfValue(bytes, end)
  return end
}
