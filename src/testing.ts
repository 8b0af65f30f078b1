export { MemoryLog } from './log/memory-log.js'
export type { MemoryLogOptions } from './log/memory-log.js'
