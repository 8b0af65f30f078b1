import { decodeFrame } from '../../src/message/wire/decode-frame.js'
import { Stamp } from '../../src/message/wire/encode-plain.js'
import { encodeFrame, prepareMessage } from '../../src/message/wire/encode.js'
import { microsecondClock } from '../../src/support/precise-clock.js'
import { systemRuntime, uuidsOf } from '../../src/support/runtime.js'

/** A way to write many messages as one text, and to read them again. */
export interface FrameForm {
  /** Name and title of the variant. */
  readonly name: string
  readonly title: string
  /** What appends its frames where the cost of Redis is measured: our publisher, a script, or `XADD` and `PUBLISH`. */
  readonly appendedBy: 'publisher' | 'script' | 'commands'
  /** Whether its text is what this library writes, so that it writes nothing itself. Default: false. */
  readonly isWrittenByOurs?: boolean
  /** The text of a frame that deletes these users: as it is stored. */
  readonly write: (ids: readonly string[]) => string
  /** Reads a frame as it is published. Returns a number that depends on every message. */
  readonly read: (text: string) => number
}

const ids = uuidsOf(systemRuntime)
const microseconds = microsecondClock(systemRuntime)

/** As a publisher makes it. */
function nextStamp(): Stamp {
  ids.advance()
  return new Stamp(ids, microseconds(), 'bench')
}

/** Checked and packed as a publisher does it, and read as a subscriber does. */
const ours: FrameForm = {
  name: 'cache-invalidation',
  title: 'cache-invalidation',
  appendedBy: 'publisher',
  write(entityIds) {
    const prepared = entityIds.map((entityId) =>
      prepareMessage({ action: 'delete', entityType: 'user', entityId }, nextStamp()),
    )
    return encodeFrame(prepared)
  },
  read: countIdCharacters,
}

/** A JSON object for each message, by `JSON.stringify` alone. Subscribers read this form, too. */
const list: FrameForm = {
  name: 'list',
  title: 'a list of JSON objects',
  appendedBy: 'script',
  write(entityIds) {
    const messages = entityIds.map((id) => {
      const { messageId, timestamp: at, sourceService } = nextStamp()
      return {
        message_id: messageId,
        timestamp: at,
        entity_type: 'User',
        entity_id: id,
        action: 'Delete',
        source_service: sourceService,
      }
    })
    return JSON.stringify({ frame: messages })
  },
  read: countIdCharacters,
}

/** Our text, of which nothing is checked. */
const bare: FrameForm = {
  name: 'bare',
  title: 'our frame, bare',
  appendedBy: 'commands',
  isWrittenByOurs: true,
  write: ours.write,
  read(text) {
    const parsed: unknown = JSON.parse(text)
    return Object.keys(parsed ?? {}).length
  },
}

/** Ours first. */
export const frameForms: readonly FrameForm[] = [ours, list, bare]

/** @throws Error for a name that no form has */
export function frameFormNamed(name: string): FrameForm {
  const form = frameForms.find((each) => each.name === name)
  if (form === undefined) throw new Error(`Expected the name of a form, such as ${ours.name}, got \`${name}\``)
  return form
}

/** The frame with its place in the log in front, as the script of an append publishes it. */
export function asPublished(frame: string): string {
  const place = '{"stream_id":"1795365850251-0","append_id":"abcdefgh1","prev":"abcdefgh0","db":0,'
  return `${place}${frame.slice(1)}`
}

function countIdCharacters(text: string): number {
  let characters = 0
  for (const message of decodeFrame(text).messages) {
    if (message.action === 'delete') characters += message.entityId.length
  }
  return characters
}
