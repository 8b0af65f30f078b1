/** What a link carries: a connection that subscribes is a feed, any other carries commands. */
export type LinkKind = 'feed' | 'commands'

/** What befalls present links once. */
export type MomentaryFault =
  /** Closed on both sides. */
  | { readonly kind: 'cut' }
  /** The same, by RST. */
  | { readonly kind: 'reset' }
  /** Closed in the middle of the next reply that the server sends. */
  | { readonly kind: 'cut-mid-reply' }

/** What befalls links, present and new, until it is healed. */
export type LastingFault =
  /** Half-open: accepted, and nothing passes either way, not even the end. What was sent meanwhile passes when healed. */
  | { readonly kind: 'stall' }
  /** Everything comes this much later, either way. */
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'trickle'; readonly bytesPerSecond: number }
  /** What is published is dropped; replies pass. */
  | { readonly kind: 'deaf' }
  /** New links are closed at once; present ones stay. */
  | { readonly kind: 'refuse' }

export type Fault = MomentaryFault | LastingFault

export function isLasting(fault: Fault): fault is LastingFault {
  return fault.kind !== 'cut' && fault.kind !== 'reset' && fault.kind !== 'cut-mid-reply'
}
