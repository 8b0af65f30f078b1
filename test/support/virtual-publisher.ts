import { changeCommands, type ChangedCalls } from '../../src/log/changed-commands.js'
import type { LogCommands } from '../../src/log/log.js'
import { MemoryLog, type MemoryLogOptions } from '../../src/log/memory/memory-log.js'
import type { InvalidationMessage } from '../../src/message/message.js'
import { decodeFrame } from '../../src/message/wire/decode-frame.js'
import type { PublisherOptions } from '../../src/publisher/options.js'
import type { PublisherEvents } from '../../src/publisher/events.js'
import { InvalidationPublisher } from '../../src/publisher/publisher.js'
import { nameOf } from './handled.js'
import { VirtualRuntime } from './virtual-runtime.js'

/** What a publisher told, in order. */
export type Told = { [Name in keyof PublisherEvents]: [Name, ...PublisherEvents[Name]] }[keyof PublisherEvents]

const eventNames = ['error', 'connected', 'disconnected', 'queued', 'drained', 'overflow', 'repaired'] as const

/** A publisher on a log in memory, in virtual time. */
export class VirtualPublisher {
  readonly runtime: VirtualRuntime
  readonly log: MemoryLog
  readonly publisher: InvalidationPublisher
  readonly told: Told[] = []

  private constructor(runtime: VirtualRuntime, log: MemoryLog, publisher: InvalidationPublisher) {
    this.runtime = runtime
    this.log = log
    this.publisher = publisher
    for (const name of eventNames) {
      publisher.on(name, (...args: PublisherEvents[typeof name]) => this.told.push([name, ...args] as Told))
    }
  }

  static async connect(
    options: PublisherOptions = {},
    logOptions: MemoryLogOptions & { readonly down?: boolean; readonly tap?: Tap } = {},
  ): Promise<VirtualPublisher> {
    const { down = false, tap, ...rest } = logOptions
    const runtime = new VirtualRuntime()
    const log = new MemoryLog({ runtime, ...rest })
    if (down) log.goDown()
    // Listens as soon as a caller can: what is told before that nobody hears.
    const connecting = InvalidationPublisher.connect(tap ? changeCommands(log, tap) : log, 'user-service', {
      runtime,
      ...options,
    }).then((publisher) => new VirtualPublisher(runtime, log, publisher))
    const virtual = await runtime.runUntil(connecting, 1_000)
    // It looks at the server, and announces itself.
    await runtime.advance(2 * (rest.latencyMs ?? 0))
    return virtual
  }

  /** The messages of each entry of the log. */
  get frames(): InvalidationMessage[][] {
    return this.log.entries().map(({ frame }) => [...decodeFrame(frame).messages])
  }

  get messages(): InvalidationMessage[] {
    return this.frames.flat()
  }

  /** The entity ids in the log, in order; patterns as they are. */
  get evicts(): string[] {
    return this.messages.map(nameOf)
  }

  toldOf<Name extends keyof PublisherEvents>(name: Name): PublisherEvents[Name][0][] {
    return this.told.flatMap(([told, ...args]) => (told === name ? [args[0] as PublisherEvents[Name][0]] : []))
  }
}

/** Calls in place of some of those of the publisher's command connection. */
export type Tap = (commands: LogCommands) => ChangedCalls

/** What became of a promise so far: its value, its error, or nothing. */
export function outcomeOf<T>(promise: Promise<T>): { value?: T; error?: unknown; settled: boolean } {
  const outcome: { value?: T; error?: unknown; settled: boolean } = { settled: false }
  promise.then(
    (value) => Object.assign(outcome, { value, settled: true }),
    (error: unknown) => Object.assign(outcome, { error, settled: true }),
  )
  return outcome
}
