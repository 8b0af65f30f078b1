import type { Runtime } from '../../support/runtime.js'

const prefixLength = 10

/**
 * Names attempts to append: a random prefix for this publisher and a counter. The prefix has a fixed length, so no two
 * of one publisher are equal, and two publishers share a prefix once in 10^15.
 */
export function appendIds(runtime: Pick<Runtime, 'random'>): () => string {
  let prefix = ''
  while (prefix.length < prefixLength) prefix += Math.floor(runtime.random() * 36).toString(36)
  let attempts = 0
  return () => prefix + (attempts++).toString(36)
}
