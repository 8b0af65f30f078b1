import { setTimeout as delay } from 'node:timers/promises'
import { type Act, acts } from './acts.js'
import type { ActProgress, Board } from './board.js'
import { Cast } from './cast.js'
import type { Screen } from './screen/screen.js'
import { cachingServiceNames } from './services/service.js'
import type { Stage } from './stage/stage.js'

export interface ShowContext {
  readonly stage: Stage
  readonly board: Board
  readonly screen: Screen
  /** How long all acts take together. */
  readonly seconds: number
  readonly signal: AbortSignal
}

/**
 * Lets the services work while the acts happen to them; then compares their caches with the database. Rejects when a
 * service fails, ends unasked or does not catch up, and when the signal is aborted.
 */
export async function playShow(context: ShowContext): Promise<void> {
  const { stage, board, screen } = context
  const cast = new Cast(stage, board, (line) => screen.say(line))
  screen.say('starting the services')
  // It makes the database that the others read.
  await cast.start('user-service')
  await Promise.all(cachingServiceNames.map((name) => cast.start(name)))
  await cast.orderAll('work')
  for (const [index, progress] of board.acts.entries()) {
    const act = acts[index]
    if (act) await playAct(act, progress, cast, context)
  }
  screen.say('the services rest: comparing every cached value with the database')
  await cast.orderAll('rest')
  await cast.settle()
  await cast.orderAll('audit')
  await cast.orderAll('close')
}

async function playAct(act: Act, progress: ActProgress, cast: Cast, context: ShowContext): Promise<void> {
  const { stage, board, screen, seconds, signal } = context
  const pause = (share: number): Promise<void> => delay(seconds * 1_000 * act.share * share, undefined, { signal })
  const say = (line: string): void => screen.say(line)
  progress.status = 'now'
  screen.announce(progress)
  const obstacle = act.obstacle?.(stage)
  progress.summary = obstacle ?? (await act.play({ stage, board, cast, say, pause }))
  progress.status = obstacle === undefined ? 'played' : 'skipped'
  say(progress.summary)
}
