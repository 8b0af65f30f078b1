import { Redis } from 'ioredis'

/** What a Redis server tells of itself. */
export interface RedisState {
  /** Its CPU time so far, user and system, in µs. */
  readonly cpuUs: number
  /** Connections that were made to it so far. */
  readonly connections: number
  /** Connections that it has closed since their output buffer was full: told by Redis 7 and later, else 0. */
  readonly buffersOverrun: number
  /** Bytes that it has sent so far. */
  readonly bytesSent: number
}

/** Reads it on a connection of its own, which stays. */
export class RedisGauge implements AsyncDisposable {
  readonly #redis: Redis

  static async open(url: string): Promise<RedisGauge> {
    const redis = new Redis(url, { lazyConnect: true })
    await redis.connect()
    return new RedisGauge(redis)
  }

  private constructor(redis: Redis) {
    this.#redis = redis
  }

  async read(): Promise<RedisState> {
    const [cpu, stats] = await Promise.all([this.#redis.info('cpu'), this.#redis.info('stats')])
    return {
      cpuUs: (numberIn(cpu, 'used_cpu_user') + numberIn(cpu, 'used_cpu_sys')) * 1e6,
      connections: numberIn(stats, 'total_connections_received'),
      buffersOverrun: numberIn(stats, 'client_output_buffer_limit_disconnections'),
      bytesSent: numberIn(stats, 'total_net_output_bytes'),
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect()
    return Promise.resolve()
  }
}

function numberIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1] ?? 0)
}
