/** The pattern of an append id, without its ends: others are built from it. */
export const appendIdSource = '[\\w.-]{1,64}'

/** The two ids of a position that is known to be one; `parsePosition` reads what may be none. */
export function splitPosition(position: string): { readonly streamId: string; readonly appendId: string } {
  const [streamId = '', appendId = ''] = position.split('@')
  return { streamId, appendId }
}
