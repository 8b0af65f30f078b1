import type { MemoryLog } from '../../src/log/memory/memory-log.js'
import { type Entry, publishedFrame } from '../../src/log/model/entry.js'
import type { Step } from './schedule.js'

type Forging = Extract<Step, { readonly do: 'forge' }>

/**
 * Somebody who may publish on the channel and hears all that is published: he knows every append id that was used, and
 * none that will be. What he copies he copies whole: a frame that a subscriber's connection lost without a trace, and
 * that he publishes again with other contents, is beyond what a subscriber can know.
 */
export class Stranger {
  readonly #log: MemoryLog
  #frames = 0

  constructor(log: MemoryLog) {
    this.#log = log
  }

  forge({ kind, count, at, id, empty }: Forging): void {
    const entries = this.#log.entries()
    const newest = entries.at(-1)
    const copied = entries.at(-1 - at)
    if (kind === 'again' || kind === 'copy') {
      if (!copied) return
      const { position, prev, frame } = copied
      const streamId = kind === 'again' ? position.streamId : this.#streamId(id)
      for (let copy = 0; copy < count; copy++) this.#publish(kind, { position: { ...position, streamId }, prev, frame })
      return
    }
    let prev = kind === 'next' ? (newest?.position.appendId ?? '') : 'nowhere'
    for (let frame = 0; frame < count; frame++) {
      const appendId = `forged${this.#frames++}`
      const text = empty ? '{"frame":[]}' : evictionOf(appendId)
      this.#publish(kind, { position: { streamId: this.#streamId(id), appendId }, prev, frame: text })
      if (kind !== 'stray') prev = appendId
    }
  }

  #publish(kind: Forging['kind'], { position, prev, frame }: Entry): void {
    this.#log.publish(publishedFrame({ position, prev, frame }, kind === 'elsewhere' ? 1 : 0))
  }

  #streamId(id: Forging['id']): string {
    if (id === 'old') return '1-1'
    const [time = '0', sequence = '0'] = (this.#log.entries().at(-1)?.position.streamId ?? '0-0').split('-')
    return id === 'far' ? `9999999999999-${this.#frames}` : `${time}-${Number(sequence) + 1 + this.#frames}`
  }
}

function evictionOf(id: string): string {
  return `{"message_id":"${id}","timestamp":"2026-11-22T10:00:00.000Z","entity_type":"User","entity_id":"${id}","action":"Delete","source_service":"stranger"}`
}
