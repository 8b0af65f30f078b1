/**
 * Milliseconds on one clock for all processes of this machine. On Linux it is monotonic; elsewhere each process counts
 * from the wall clock at its own start.
 */
export const sharedNow: () => number =
  process.platform === 'linux'
    ? () => Number(process.hrtime.bigint()) / 1e6
    : () => performance.timeOrigin + performance.now()
