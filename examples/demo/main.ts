/** The demo: services keep their caches right while they, their links and Redis fail. `--help` lists its options. */
import { failureOf } from '../../scripts/failure-of.js'
import { runProgram } from '../../scripts/run-program.js'
import type { Stop } from '../../scripts/stop-on-signal.js'
import { acts } from './acts.js'
import { Board } from './board.js'
import { type DemoOptions, help, parseOptions } from './options.js'
import { outcomeOf } from './outcome.js'
import { openScreen } from './screen/open-screen.js'
import { createPaint } from './screen/paint.js'
import { playShow } from './show.js'
import { openStage } from './stage/open-stage.js'
import { outcomeText } from './table.js'
import { Collector } from './tracing/collector.js'
import { chooseMoment } from './tracing/moment.js'
import { findTraceTarget } from './tracing/target.js'
import { traceText } from './tracing/trace-text.js'

await runProgram({ name: 'demo', help, parse: parseOptions, run })

async function run({ redis, seconds, seed, json }: DemoOptions, { signal, stopped }: Stop): Promise<number> {
  const output = json ? process.stderr : process.stdout
  const paint = createPaint(output)
  const startedAt = performance.now()
  const target = await findTraceTarget(process.env)
  const collector = await Collector.open(target)
  const opening = openStage(redis, { seed, tracesEndpoint: collector.endpoint }, (text) => output.write(`${text}\n`))
  const stage = await Promise.race([opening, stopped])
  try {
    output.write(`${stage.description}; seed ${seed}\n`)
    const board = new Board(acts.map(({ title }) => title))
    const screen = openScreen(output, board)
    const playing = playShow({ stage, board, screen, seconds, signal })
    const failure = await failureOf(Promise.race([playing, stopped])).finally(() => screen.close())
    // Being stopped is not going wrong.
    signal.throwIfAborted()
    const took = Math.round((performance.now() - startedAt) / 100) / 10
    const moment = board.absence && chooseMoment(collector.spans, board.absence)
    const outcome = outcomeOf(board, { mode: stage.mode, seconds: took, seed, ...(moment && { moment }) }, failure)
    process.stdout.write(json ? `${JSON.stringify(outcome, null, 2)}\n` : outcomeText(outcome, paint))
    output.write(
      traceText(moment, { columns: output.columns || 100, paint, target, failure: await collector.passedOn() }),
    )
    return outcome.ok ? 0 : 1
  } finally {
    await stage.close()
    collector.close()
  }
}
