/** How often progress is looked at. */
const lookMs = 500

/**
 * Waits for as long as there is progress: on a slow machine it takes longer, and that is no failure.
 *
 * @param wait is given a signal, which aborts when there was no progress for `stallMs`
 * @param progress returns a count that changes with each step
 */
export async function whileProgressing(
  stallMs: number,
  progress: () => number,
  wait: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stalled = new AbortController()
  let last = progress()
  let changedAt = performance.now()
  const timer = setInterval(() => {
    const now = progress()
    if (now !== last) changedAt = performance.now()
    else if (performance.now() - changedAt >= stallMs) {
      stalled.abort(new Error(`no progress for ${stallMs / 1_000} s`))
    }
    last = now
  }, lookMs)
  try {
    await wait(stalled.signal)
  } finally {
    clearInterval(timer)
  }
}
