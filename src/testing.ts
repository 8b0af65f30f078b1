export { MemoryLog } from './log/memory/memory-log.js'
export type { MemoryFailOver, MemoryLogOptions } from './log/memory/memory-log.js'
export type { ConnectionKind, MemoryLink } from './log/memory/memory-link.js'
