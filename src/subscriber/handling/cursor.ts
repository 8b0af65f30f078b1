import type { CursorTable } from '../../log/log.js'
import { ConfigurationError } from '../../support/errors.js'

/** Keeps the positions that named subscriptions go on from. */
export interface CursorStore {
  /** Whether positions outlive the process. Those of a store where they do not are neither loaded nor saved. */
  readonly durable: boolean
  /** The saved position, as text; undefined where none was saved. */
  load(name: string): Promise<string | undefined>
  /** Saves a position (as text). Unless `overwrite` is set, never moves the cursor back to an earlier stream ID. */
  save(name: string, position: string, overwrite: boolean): Promise<void>
}

/** What a cursor store can build on: the channel that it is for, and the cursors in the log. */
export interface CursorContext extends CursorTable {
  readonly channel: string
}

/** Makes the store of one subscription: `memoryCursor()`, `redisCursor()`, `fileCursor(path)`, or one of your own. */
export type CursorFactory = (context: CursorContext) => CursorStore

/** Keeps nothing: for caches that die with the process. A new process has an empty cache, and begins at the head. */
export function memoryCursor(): CursorFactory {
  return () => ({
    durable: false,
    load: () => Promise.resolve(undefined),
    save: () => Promise.resolve(),
  })
}

/**
 * Keeps cursors in Redis, beside the log (`{<channel>}:cursors`), for caches that outlive the process but not Redis,
 * such as those in Redis itself. Instances may share a name only if they share the cache.
 */
export function redisCursor(): CursorFactory {
  return (context) => ({
    durable: true,
    load: (name) => context.loadCursor(name),
    save: (name, position, overwrite) => context.saveCursor(name, position, overwrite),
  })
}

/**
 * Makes the cursor store of a subscription.
 *
 * @throws ConfigurationError if the factory makes something other than a store, or a durable one without a name
 */
export function openCursor(
  { name, cursor }: { readonly name: string; readonly cursor: CursorFactory },
  channel: string,
  log: CursorTable,
): CursorStore {
  const store: unknown = cursor({
    channel,
    loadCursor: (name) => log.loadCursor(name),
    saveCursor: (name, position, overwrite) => log.saveCursor(name, position, overwrite),
  })
  checkStore(store)
  if (store.durable && name === '') {
    throw new ConfigurationError('Expected `name` with a durable cursor: it says whose position is saved')
  }
  return store
}

/** @throws ConfigurationError for what is no store, such as a factory in place of what it makes */
function checkStore(store: unknown): asserts store is CursorStore {
  if (typeof store === 'object' && store !== null && 'durable' in store && 'load' in store && 'save' in store) {
    const { durable, load, save } = store
    if (typeof durable === 'boolean' && typeof load === 'function' && typeof save === 'function') return
  }
  throw new ConfigurationError('Expected `cursor` to be memoryCursor(), redisCursor() or fileCursor(path), called')
}
