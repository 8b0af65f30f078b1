/**
 * A service that keeps a cache, as a process of its own: `traced-subscriber.ts <url> <channel> <name>`. Its handler has a
 * span of its own, `clear`, and fails for the entity types `flaky` (once) and `poison`. Prints a JSON line for each thing
 * that happens: `{"handling": name, "mode": …, "attempt": …}`, `{"state": …}`.
 */
import { trace } from '@opentelemetry/api'
import { InvalidationSubscriber, redisCursor } from '../../../src/index.js'
import { nameOf } from '../handled.js'

const [url = '', channel = '', name = ''] = process.argv.slice(2)
const tracer = trace.getTracer('application')

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const subscriber = await InvalidationSubscriber.connect(url, { channel, heartbeatMs: 100 })
subscriber.on('error', () => undefined)
const subscription = subscriber.subscribe(
  (message, { mode, attempt }) => {
    print({ handling: nameOf(message), mode, attempt })
    tracer.startActiveSpan('clear', (span) => span.end())
    const type = 'entityType' in message ? message.entityType : ''
    if (type === 'poison' || (type === 'flaky' && attempt === 1)) throw new TypeError('Not today')
  },
  {
    name,
    cursor: redisCursor(),
    startAt: 'head',
    commitIntervalMs: 10,
    retry: { forMs: 10, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 },
    onDeadLetter: 'keep',
  },
)
subscription.on('error', () => undefined)
subscription.on('state', (state) => print({ state }))
// It ends with who started it.
process.stdin.resume().once('end', () => process.exit())
