import { RedisError } from '../../../src/index.js'
import type { Tell } from './service.js'

/** Tells an error in words. Not a lost connection: the state shows it, and every attempt to reconnect would be told. */
export function tellError(tell: Tell, error: unknown): void {
  if (error instanceof RedisError && error.kind === 'disconnected') return
  tell({ type: 'notice', text: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
}
