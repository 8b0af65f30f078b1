import type { Redis } from 'ioredis'

/** A range of slots and the ports of those who serve it. */
export interface SlotRange {
  readonly first: number
  readonly last: number
  readonly primary: number
  readonly replicas: readonly number[]
}

/** Who serves which slots, as a node knows it. */
export async function slotTable(redis: Redis): Promise<SlotRange[]> {
  const reply = (await redis.call('CLUSTER', 'SLOTS')) as [number, number, ...[string, number][]][]
  return reply.map(([first, last, [, primary] = ['', 0], ...replicas]) => {
    return { first, last, primary, replicas: replicas.map(([, port]) => port) }
  })
}
