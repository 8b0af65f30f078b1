import { MemoryLog } from '../../src/testing.js'
import { describeLogConformance } from '../support/log-conformance.js'

describeLogConformance('MemoryLog', {
  counts: true,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  open(channel) {
    const log = new MemoryLog({ channel, reconnectMs: 5 })
    const readOnlyLog = log.link()
    readOnlyLog.refuseWrites('refused')
    return Promise.resolve({
      log,
      readOnlyLog,
      evictLast: step(() => log.evictLast()),
      deleteEntries: step((...streamIds: string[]) => log.deleteEntries(...streamIds)),
      trim: step((length: number) => log.trim(length)),
      flush: step(() => log.clear()),
      cut: step((kind: 'commands' | 'feeds') => log.cut(kind)),
      goDown: step(() => log.goDown()),
      comeBack: step(() => log.comeBack()),
      release: () => Promise.resolve(),
    })
  },
})

function step<Args extends unknown[]>(run: (...args: Args) => unknown): (...args: Args) => Promise<unknown> {
  return (...args) => Promise.resolve(run(...args))
}
