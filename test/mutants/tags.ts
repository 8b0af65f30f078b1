import type { Mutant } from './mutant.js'

const unit = 'test/unit/message/cache-tags.test.ts'

/** What tags say on the wire. */
export const tags: readonly Mutant[] = [
  {
    name: 'tag-mode-lost',
    lacks: 'the mode of tags on the wire, if they have no metadata',
    file: 'message/cache-tags.ts',
    from: "if (mode !== 'expire' && metadata === '') return ''",
    to: "if (metadata === '') return ''",
    caughtBy: unit,
  },
  {
    name: 'tags-expire-by-chance',
    lacks: 'taking an object with unknown fields for metadata of the application, and not for the mode of tags',
    file: 'message/cache-tags.ts',
    from: "return Object.keys(wire).every((name) => name === 'mode' || name === 'metadata')",
    to: 'return true',
    caughtBy: unit,
  },
  {
    name: 'tags-joined-across-modes',
    lacks: 'the mode of tags among what must be equal for messages to be joined',
    file: 'message/wire/encode.ts',
    from: "?? ['', body]",
    to: "?? ['', encodeTarget(given)]",
    caughtBy: 'test/unit/publisher/publisher.test.ts',
  },
  {
    name: 'tags-look-like-keys',
    lacks: 'the beginning that keeps a tag from being a key of a cache',
    file: 'message/cache-tags.ts',
    from: 'return tagPrefix + tag',
    to: 'return tag',
    caughtBy: unit,
  },
  {
    name: 'tags-in-full',
    lacks: 'taking that beginning off a tag that is read',
    file: 'message/cache-tags.ts',
    from: 'return key.startsWith(tagPrefix) ? key.slice(tagPrefix.length) : key',
    to: 'return key',
    caughtBy: unit,
  },
  {
    name: 'tag-metadata-in-full',
    lacks: 'taking the metadata of tags out of the object that has their mode',
    file: 'message/wire/decode.ts',
    from: "message.action === 'tag' ? message : raw",
    to: 'raw',
    caughtBy: unit,
  },
  {
    name: 'tags-too-long',
    lacks: 'the limit of a tag that is read, by which it can be published again',
    file: 'message/wire/decode.ts',
    from: "requireText(tagOfKey(id), 'entity_ids', maxTagBytes)",
    to: 'tagOfKey(id)',
    caughtBy: unit,
  },
  {
    name: 'tags-for-all',
    lacks: 'a copy of the tags for each try',
    file: 'subscriber/handling/retry.ts',
    from: '{ ...message, tags: [...message.tags] }',
    to: '{ ...message }',
    caughtBy: 'test/unit/subscriber/handling/own-copy.test.ts',
  },
  {
    name: 'tags-uncounted',
    lacks: 'tags among the messages that were handled',
    file: 'telemetry/counters.ts',
    from: 'deleted + update + pattern + batch + tag',
    to: 'deleted + update + pattern + batch',
    caughtBy: 'test/unit/telemetry/stats-collector.test.ts',
  },
]
