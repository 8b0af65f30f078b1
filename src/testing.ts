export { MemoryLog } from './log/memory/memory-log.js'
export type { MemoryFailOver, MemoryLogOptions } from './log/memory/memory-log.js'
export type { WriteRefusal } from './log/memory/memory-session.js'
export type { ConnectionKind, MemoryLink } from './log/memory/memory-link.js'
