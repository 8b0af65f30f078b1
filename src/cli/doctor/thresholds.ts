const MiB = 1024 ** 2

/** From where on the checks speak. Times in ms, sizes in bytes. */
export const thresholds = {
  /** Share of `maxmemory`. */
  memoryShare: 0.9,
  /** What a Pub/Sub client may have unread: Redis' own defaults are 32 MiB at once, 8 MiB for a minute. */
  outputBufferHard: 8 * MiB,
  outputBufferSoft: 2 * MiB,
  /** Longer than any sensible heartbeat, so that no connection of ours is ever idle for so long. */
  idleTimeout: 60_000,
  replicaLag: 10_000,
  certificateLeft: 14 * 24 * 60 * 60_000,
  clockSkew: 500,
  cover: 10 * 60_000,
  lag: 30_000,
} as const
