/** A mechanism taken away: one place in a file of `src`, and what stands there instead. */
export interface Mutant {
  readonly name: string
  /** What it takes away. */
  readonly lacks: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** The tests that must catch it. Random schedules, unless it takes a rare event to show. */
  readonly caughtBy?: string
}

const schedules = 'test/schedules'

/** Where a mutant is caught unless it says otherwise. */
export const usuallyCaughtBy = schedules

export const mutants: readonly Mutant[] = [
  {
    name: 'no-repair',
    lacks: 'appending again what a failover lost',
    file: 'publishing/repair.ts',
    from: 'const repeats = gone.map(',
    to: 'const repeats = gone.slice(0, 0).map(',
  },
  {
    name: 'continuity-by-id',
    lacks: 'the append id at the position: whatever stands under its stream ID will do',
    file: 'recovery/continuity.ts',
    from: 'found.found === position.appendId',
    to: 'found.found !== undefined',
  },
  {
    name: 'live-without-prev',
    lacks: 'the chain on the live channel: every frame continues',
    file: 'recovery/continuity.ts',
    from: "if (frame.prev === position?.appendId) return 'deliver'",
    to: "if (position !== undefined) return 'deliver'",
  },
  {
    name: 'pages-without-prev',
    lacks: 'the chain within a page',
    file: 'recovery/replayer.ts',
    from: "if (entry.prev !== prev) return 'broken'",
    to: '',
  },
  {
    name: 'no-heartbeat',
    lacks: 'the look at the head with every heartbeat',
    file: 'subscribing/follower.ts',
    from: 'this.#context.onGap()\n    this.#deafBeats += 1',
    to: 'if (sentAt >= 0) return\n    this.#deafBeats += 1',
  },
  {
    name: 'deaf-never-replaced',
    lacks: 'a new connection in place of one that delivers nothing',
    file: 'subscribing/follower.ts',
    from: 'this.#context.replaceFeed()',
    to: 'this.#recover()',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'message-id-for-append-id',
    lacks: 'an append id for each attempt: a retry carries the one before',
    file: 'publishing/group-commit.ts',
    from: 'await this.#context.append(this.#nextAppendId(), frame.json)',
    to: 'await this.#context.append((frame as { id?: string }).id ??= this.#nextAppendId(), frame.json)',
  },
  {
    name: 'exclusive-pages',
    lacks: 'the look at the entry that a page begins with',
    file: 'recovery/replayer.ts',
    from: "if (first === undefined || !isSame(first.position, standing.position)) return 'lost-place'",
    to: '',
    caughtBy: 'test/unit/recovery',
  },
  {
    name: 'no-head-check',
    lacks: 'the check that a replay ends at the entry that `last` names',
    file: 'recovery/replayer.ts',
    from: "if (page.last !== undefined) return 'broken'",
    to: "if (page.last !== undefined) return 'caught-up'",
    caughtBy: 'test/unit/recovery',
  },
  {
    name: 'stand-anywhere',
    lacks: 'the check that the last entry is the one `last` names, before standing on it',
    file: 'log/memory-server.ts',
    from: 'if (!entry || entry.value.appendId !== this.#last) return undefined',
    to: 'if (!entry) return undefined',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'no-marker',
    lacks: 'the marker where there is nothing to stand on',
    file: 'subscribing/recovery.ts',
    from: 'else progress.begin(stand.position, stand.added)',
    to: "else if (!stand.position.appendId.endsWith('0')) progress.begin(stand.position, stand.added)",
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'stale-reading',
    lacks: 'the look whether the link came up anew while the log was read',
    file: 'subscribing/follower.ts',
    from: 'epoch !== this.#epoch || ',
    to: '',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'dropped-forgotten',
    lacks: 'reading on where arrivals were dropped for want of room',
    file: 'subscribing/follower.ts',
    from: 'this.#buffer.dropped || ',
    to: '',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'strays-dropped',
    lacks: 'handing over a frame of a history that lost',
    file: 'subscribing/follower.ts',
    from: 'for (const frame of strays) intake.takeAside(frame)',
    to: '',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'watermark-last-seen',
    lacks: 'the contiguous in highest contiguous finished',
    file: 'delivery/watermark.ts',
    from: 'slot?.finished; slot = this.#head',
    to: 'slot && (slot.finished || this.#tail?.finished); slot = this.#head',
  },
  {
    name: 'cursor-never-back',
    lacks: 'moving the cursor back over a fork',
    file: 'subscribing/subscription.ts',
    from: 'this.#committer.commit(formatPosition(position), newHistory)',
    to: 'this.#committer.commit(formatPosition(position), false)',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'overflow-loses',
    lacks: 'the flush that an outbox that is full turns into',
    file: 'publishing/outbox.ts',
    from: 'this.#push(flush)\n',
    to: '',
  },
  {
    name: 'failed-frames-lost',
    lacks: 'sending again what failed',
    file: 'publishing/group-commit.ts',
    from: 'this.#retries = [...this.#underWay, ...this.#retries]',
    to: '',
  },
  {
    name: 'requeue-out-of-order',
    lacks: 'the order of what is sent again',
    file: 'publishing/group-commit.ts',
    from: 'this.#retries = [...this.#underWay, ...this.#retries]',
    to: 'this.#retries = [...this.#underWay.toReversed(), ...this.#retries]',
    caughtBy: 'test/unit/publishing',
  },
  {
    name: 'coalesce-in-flight',
    lacks: 'the rule that nothing joins a message that may have been sent',
    file: 'publishing/outbox.ts',
    from: 'return this.first !== undefined && sequence >= this.first.sequence',
    to: 'return sequence >= 0',
    caughtBy: 'test/unit/publishing',
  },
  {
    name: 'ages-while-away',
    lacks: 'the stop of ageing while disconnected',
    file: 'publishing/remembered.ts',
    from: 'this.#stoppedAt ??= this.#runtime.monotonic()',
    to: '',
    caughtBy: 'test/unit/publish',
  },
  {
    name: 'no-back-off',
    lacks: 'the pause between readings that strays cause',
    file: 'subscribing/follower.ts',
    from: 'if (this.#strays > 1)',
    to: 'if (this.#strays < 0)',
    caughtBy: 'test/unit/subscribing',
  },
  {
    name: 'page-gate',
    lacks: 'the bound on pages that a process reads at once',
    file: 'subscribing/page-gate.ts',
    from: 'next && this.#reading < next.limit',
    to: 'next',
    caughtBy: 'test/faults/storm',
  },
  {
    name: 'reconnect-jitter',
    lacks: 'the chance in the delay before a reconnect',
    file: 'backoff.ts',
    from: 'return ceiling * (0.5 + runtime.random() / 2)',
    to: 'return runtime.random() < 0 ? 0 : ceiling',
    caughtBy: 'test/faults/storm',
  },
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
    from: 'return Math.max(1, messages.length)',
    to: 'return messages.length',
    caughtBy: 'test/unit/subscribing',
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
]
