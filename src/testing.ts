export { MemoryLog } from './log/memory-log.js'
export type { MemoryFailOver, MemoryLogOptions } from './log/memory-log.js'
export type { ConnectionKind, MemoryLink } from './log/memory-link.js'
