import type { Mutant } from './mutant.js'

/** What input that nobody should send is met with. */
export const hostileInput: readonly Mutant[] = [
  {
    name: 'garbage-without-limit',
    lacks: 'the minute between two reports of garbage of one kind',
    file: 'subscribing/garbage-report.ts',
    from: 'last !== undefined && now - last.at < reportEveryMs',
    to: 'last !== undefined && now < last.at',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'garbage-takes-no-room',
    lacks: 'the room that frames without a message take in the buffer',
    file: 'subscribing/arrival-buffer.ts',
    from: 'messages: Math.max(1, messages.length)',
    to: 'messages: messages.length',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'waiting-counted-twice',
    lacks: 'counting a frame once that is published again while it waits',
    file: 'subscribing/arrival-buffer.ts',
    from: 'if (this.#has(frame.position.appendId)) return true',
    to: '',
    caughtBy: 'test/unit/subscribing/arrival-buffer.test.ts',
  },
  {
    name: 'rejected-without-limit',
    lacks: 'giving up on a frame of which a thousand messages are none',
    file: 'message/frame.ts',
    from: 'if (rejected.length === maxRejected) {',
    to: 'if (rejected.length < 0) {',
    caughtBy: 'test/unit/message',
  },
  {
    name: 'stream-id-unbounded',
    lacks: 'the refusal of stream IDs beyond 64 bits, which the server can not be asked for',
    file: 'message/stream-id.ts',
    from: 'return digits.length < largest.length || digits <= largest',
    to: 'return digits.length <= largest.length',
    caughtBy: 'test/unit/message',
  },
  {
    name: 'nowhere-forgotten',
    lacks: 'remembering the head that could not be stood on: each look at it is another resync',
    file: 'subscribing/progress.ts',
    from: '(head === undefined || head === this.#nowhereHead)',
    to: 'head === undefined',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'thrown-looked-at',
    lacks: 'the guard around what a handler threw, which may throw when it is made a text',
    file: 'thrown.ts',
    from: '    return String(said)\n  } catch {\n    return unreadable',
    to: '    return String(said)\n  } catch (error) {\n    throw error',
    caughtBy: 'test/unit/misuse',
  },
  {
    name: 'half-a-password',
    lacks: 'the refusal of a URL whose password is not encoded: half of it passes for the host',
    file: 'log/redis-url.ts',
    from: "if (url.includes('@') && !singleUrl.test(url)) throw invalidUrl(url)",
    to: '',
    caughtBy: 'test/faults/misuse',
  },
]
