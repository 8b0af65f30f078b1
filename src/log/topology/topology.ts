import type { Address } from '../address.js'

/** What is learnt of one that can be asked, a sentinel or a node of a cluster. */
export interface Topology {
  /** The primary of the log; undefined where this one knows of none. */
  readonly primary: Address | undefined
  /** Others that can be asked, each once. */
  readonly nodes: readonly Address[]
}
