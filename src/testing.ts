export { MemoryLog } from './log/memory-log.js'
export type { MemoryLogOptions } from './log/memory-log.js'
export type { ConnectionKind, MemoryLink } from './log/memory-link.js'
