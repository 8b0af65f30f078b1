import type { News, Order, ServiceName } from './service.js'

/** What a service's process needs to know. */
export interface ServiceConfig {
  readonly name: ServiceName
  readonly redis: string
  readonly channel: string
  readonly databasePath: string
  readonly cursorPath: string
  readonly seed: number
}

/** From the show to a service's process. The first message is `start`; each is answered with `done` or `failed`. */
export type Request =
  | { readonly type: 'start'; readonly id: number; readonly config: ServiceConfig }
  | { readonly type: 'order'; readonly id: number; readonly order: Order }

export type Reply =
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly reason: string }

/** Both ends are started from the same sources, so the type alone tells what a message is. */
export function isRequest(message: unknown): message is Request {
  return hasType(message, ['start', 'order'])
}

export function isReplyOrNews(message: unknown): message is Reply | News {
  return hasType(message, ['done', 'failed', 'report', 'notice'])
}

function hasType(message: unknown, types: readonly string[]): boolean {
  const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined
  return typeof type === 'string' && types.includes(type)
}
