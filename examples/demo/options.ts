import { readOptions, wholeNumber } from '../../scripts/read-options.js'
import { UsageError } from '../../scripts/usage-error.js'

export interface DemoOptions {
  readonly redis: string | undefined
  readonly seconds: number
  readonly seed: number
  readonly json: boolean
}

const minSeconds = 1
const maxSeconds = 3_600
const maxSeed = 2 ** 32 - 1

export const help = `Services keep their caches right while one is killed, a link is cut and Redis is restarted.

  npm run demo -- [options]

  --redis URL    use this Redis and leave it running; without it, one is started for the demo
  --seconds N    how long the load lasts, ${minSeconds} to ${maxSeconds} (default 30); starting and catching up come on top
  --seed N       what is written and read, 0 to ${maxSeed} (default 1)
  --json         print the result as one JSON object, and all else on stderr
  --help         print this

Exits with 0 when no cached value was stale at the end, with 1 when one was or the demo failed, with 2 for bad options.
`

/** @throws UsageError that says what was expected */
export function parseOptions(args: readonly string[]): DemoOptions | 'help' {
  const { redis, seconds, seed, json, help } = readOptions(args, {
    redis: { type: 'string' },
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  if (help) return 'help'
  return {
    redis: redis === undefined ? undefined : redisUrl(redis),
    seconds: wholeNumber('--seconds', seconds, minSeconds, maxSeconds),
    seed: wholeNumber('--seed', seed, 0, maxSeed),
    json,
  }
}

/** A text that is no URL is not shown: there may be a password in it. */
function redisUrl(text: string): string {
  if (/^rediss?:\/\/[^/]/.test(text) && URL.canParse(text)) return text
  throw new UsageError('Expected --redis to be a URL such as `redis://localhost:6379`')
}
