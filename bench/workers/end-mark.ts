/** Published after the messages of a round: when its first was published, and how many they were. */
export interface EndMark {
  readonly startedAt: number
  readonly count: number
}

const prefix = 'end '

export function formatEndMark({ startedAt, count }: EndMark): string {
  return `${prefix}${startedAt} ${count}`
}

/** Undefined for the id of a message that is no mark. */
export function parseEndMark(id: string): EndMark | undefined {
  if (!id.startsWith(prefix)) return undefined
  const [startedAt = NaN, count = NaN] = id.slice(prefix.length).split(' ').map(Number)
  return { startedAt, count }
}
