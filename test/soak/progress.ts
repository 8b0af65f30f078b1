import { stripVTControlCharacters } from 'node:util'
import type { Paint } from '../../examples/demo/screen/paint.js'
import type { SoakOptions } from './options.js'
import type { Soak } from './soak.js'

const redrawMs = 200
const plainMs = 10_000

/** Tells how it goes: three lines redrawn in place on a terminal, else a line every ten seconds. Call what it returns to end. */
export function showProgress(
  soak: Soak,
  { seconds }: SoakOptions,
  stream: NodeJS.WriteStream,
  paint: Paint,
): () => void {
  const tell = (): string[] => progressOf(soak, seconds, paint)
  if (!stream.isTTY || process.env.TERM === 'dumb') {
    const timer = setInterval(() => stream.write(`${tell().join('  ')}\n`), plainMs)
    return () => clearInterval(timer)
  }
  let drawn = 0
  const draw = (): void => {
    // A line that wraps could not be drawn over.
    const lines = tell().map((line) => fit(line, (stream.columns || 80) - 1))
    stream.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}\r\u001b[J${lines.join('\n')}\n`)
    drawn = lines.length
  }
  stream.write('\u001b[?25l')
  const timer = setInterval(draw, redrawMs)
  return () => {
    clearInterval(timer)
    draw()
    stream.write('\u001b[?25h')
  }
}

function progressOf({ ledger, score, phase, vitals, seconds }: Soak, of: number, paint: Paint): string[] {
  const { published, acknowledged, handled, resyncs } = ledger.counts
  const resynced = Object.values(resyncs).reduce((sum, count) => sum + count, 0)
  const { lost, stale, faultCount } = score
  const verdict = `${lost} lost, ${stale} stale`
  const going = score.present.length > 0 ? score.present.join(', ') : phase
  const faults = `${faultCount} faults, ${resynced} resyncs, ${vitals.repaired} repaired`
  return [
    `${String(seconds).padStart(5)} of ${of} s  ${lost + stale === 0 ? paint.good(verdict) : paint.bad(verdict)}  ${faults}`,
    `${count(published)} published, ${count(acknowledged)} acknowledged, ${count(handled)} handled`,
    going,
  ].map((line, index) => (index === 0 ? line : `    ${line}`))
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** Cuts a line that is too long, and takes its colours, which might be cut in the middle. */
function fit(line: string, width: number): string {
  const plain = stripVTControlCharacters(line)
  return plain.length <= width ? line : plain.slice(0, width)
}
