/** A cache in memory of one library, set up for speed: it hands out values by reference, and nothing else is attached to it. */
export interface MemoryTier {
  /** Resolves when it can be filled and read. It holds so many entries at most, which it would never reach here. */
  open(maxEntries: number): Promise<OpenTier>
}

/** Values by id, under keys such as `user:<id>`, which are made at each call as an application does. */
export interface OpenTier {
  set(id: string, value: object): unknown
  /** The promise that a caller of the library awaits. */
  get(id: string): Promise<unknown>
  /** The value at once. Absent if the library has no such read. */
  readonly peek?: (id: string) => unknown
}
