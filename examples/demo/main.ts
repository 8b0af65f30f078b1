/** The demo: services keep their caches right while they, their links and Redis fail. `--help` lists its options. */
import { constants } from 'node:os'
import { acts } from './acts.js'
import { Board } from './board.js'
import { UsageError } from '../../scripts/usage-error.js'
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

/** A signal asked us to end. */
class Stopped extends Error {
  constructor(readonly by: NodeJS.Signals) {
    super(`Stopped by ${by}; nothing is left behind.`)
  }
}

process.exit(await main(process.argv.slice(2)))

/** Resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options !== 'help') return await run(options)
    process.stdout.write(help)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    if (error instanceof Stopped) return 128 + constants.signals[error.by]
    if (!(error instanceof UsageError)) return 1
    process.stderr.write('`npm run demo -- --help` lists the options.\n')
    return 2
  }
}

async function run({ redis, seconds, seed, json }: DemoOptions): Promise<number> {
  const output = json ? process.stderr : process.stdout
  const paint = createPaint(output)
  const startedAt = performance.now()
  const { signal, stopped } = stopOnSignal()
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

/** What went wrong, if anything did: what was seen until then is still shown. Being stopped is not going wrong. */
async function failureOf(show: Promise<void>): Promise<Error | undefined> {
  try {
    await show
    return undefined
  } catch (error) {
    if (error instanceof Stopped) throw error
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** `stopped` rejects at the first signal that asks us to end; later ones change nothing. */
function stopOnSignal(): { readonly signal: AbortSignal; readonly stopped: Promise<never> } {
  const controller = new AbortController()
  const stopped = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        reject(new Stopped(signal))
        controller.abort()
      })
    }
  })
  // Whoever waits for something else at that moment is not told twice.
  stopped.catch(() => undefined)
  return { signal: controller.signal, stopped }
}
