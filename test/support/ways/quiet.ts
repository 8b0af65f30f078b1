/** Options with which no timer of a connection is due while something is measured. */
export const quiet = { heartbeatMs: 3_600_000 } as const
