import {
  type Anchor,
  type Announced,
  type Appended,
  type ConnectionListener,
  type DeadLetter,
  type Entry,
  type FeedListener,
  type Inspection,
  type InvalidationLog,
  type LogCommands,
  type LogConnection,
  type LogFeed,
  type Member,
  type Page,
  type Position,
  type Presence,
  RedisError,
  type Replication,
  type Retention,
} from '../../src/index.js'

/** A log that lives in this process, as a user would write it: complete, with the public entry point alone. */
export class OwnLog implements InvalidationLog {
  readonly channel = 'own'
  readonly #store = new OwnStore()

  openCommands(listener: ConnectionListener): LogCommands {
    return new OwnCommands(this.#store, listener)
  }

  openFeed(listener: FeedListener): LogFeed {
    return new OwnFeed(this.#store, listener)
  }
}

class OwnStore {
  readonly entries: Entry[] = []
  readonly letters: DeadLetter[] = []
  readonly cursors = new Map<string, string>()
  readonly records = { subscriber: new Map<string, string>(), publisher: new Map<string, string>() }
  readonly feeds = new Set<FeedListener>()
  added = 0
  #ids = 0

  get last(): string | undefined {
    return this.entries.at(-1)?.position.appendId
  }

  nextId(): string {
    return `${++this.#ids}-0`
  }

  add(appendId: string, frame: string, { maxEntries }: Retention): Entry {
    const entry = { position: { streamId: this.nextId(), appendId }, prev: this.last ?? '', frame }
    this.entries.push(entry)
    this.added++
    this.entries.splice(0, this.entries.length - maxEntries)
    return entry
  }

  publish({ position, prev, frame }: Entry): number {
    const link = `{"stream_id":"${position.streamId}","append_id":"${position.appendId}","prev":"${prev}",`
    for (const feed of this.feeds) feed.onMessage(link + frame.slice(1))
    return this.feeds.size
  }

  find({ streamId }: Position): Entry | undefined {
    return this.entries.find(({ position }) => position.streamId === streamId)
  }
}

/** A link that is up from the next turn on, until it is closed. */
class OwnConnection implements LogConnection {
  #up = false
  #closed = false
  readonly #listener: ConnectionListener
  readonly #opened: Promise<void>

  constructor(listener: ConnectionListener) {
    this.#listener = listener
    this.#opened = Promise.resolve().then(() => this.#comeUp())
  }

  get up(): boolean {
    return this.#up
  }

  opened(): Promise<void> {
    return this.#opened
  }

  reconnect(): void {
    if (!this.#up) return
    this.#up = false
    this.#listener.onDown(new RedisError('disconnected', 'The connection is made anew'))
    void Promise.resolve().then(() => this.#comeUp())
  }

  close(): Promise<void> {
    this.#closed = true
    this.#up = false
    return Promise.resolve()
  }

  call<Value>(run: () => Value): Promise<Value> {
    if (!this.#up) return Promise.reject(new RedisError('disconnected', 'The connection is closed'))
    return Promise.resolve(run())
  }

  #comeUp(): void {
    if (this.#closed) return
    this.#up = true
    this.#listener.onUp()
  }
}

class OwnFeed implements LogFeed {
  readonly #store: OwnStore
  readonly #listener: FeedListener
  readonly #connection: OwnConnection

  constructor(store: OwnStore, listener: FeedListener) {
    this.#store = store
    this.#listener = listener
    this.#connection = new OwnConnection({
      onUp: () => {
        store.feeds.add(listener)
        listener.onUp()
      },
      onDown: (error) => {
        store.feeds.delete(listener)
        listener.onDown(error)
      },
      onError: (error) => listener.onError(error),
    })
  }

  get up(): boolean {
    return this.#connection.up
  }

  opened(): Promise<void> {
    return this.#connection.opened()
  }

  reconnect(): void {
    this.#connection.reconnect()
  }

  close(): Promise<void> {
    this.#store.feeds.delete(this.#listener)
    return this.#connection.close()
  }

  ping(): Promise<void> {
    return this.#connection.call(() => undefined)
  }
}

class OwnCommands implements LogCommands {
  readonly #store: OwnStore
  readonly #connection: OwnConnection

  constructor(store: OwnStore, listener: ConnectionListener) {
    this.#store = store
    this.#connection = new OwnConnection(listener)
  }

  get up(): boolean {
    return this.#connection.up
  }

  opened(): Promise<void> {
    return this.#connection.opened()
  }

  reconnect(): void {
    this.#connection.reconnect()
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  append(appendId: string, frame: string, retention: Retention): Promise<Appended> {
    return this.#connection.call(() => {
      const entry = this.#store.add(appendId, frame, retention)
      return { position: entry.position, prev: entry.prev, receivers: this.#store.publish(entry) }
    })
  }

  waitReplicas(): Promise<number> {
    return this.#connection.call(() => 0)
  }

  replication(): Promise<Replication> {
    return this.#connection.call(() => ({ id: 'this process', role: 'primary', linkAgeMs: undefined }))
  }

  head(): Promise<string | undefined> {
    return this.#connection.call(() => this.#store.last)
  }

  anchor(appendId: string, retention: Retention): Promise<Anchor | undefined> {
    return this.#connection.call(() => {
      const { position } = this.#store.entries.at(-1) ?? this.#store.add(appendId, '{"frame":[]}', retention)
      return { position, added: this.#store.added }
    })
  }

  trim(): Promise<void> {
    return this.#connection.call(() => undefined)
  }

  inspect(position: Position): Promise<Inspection> {
    return this.#connection.call(() => ({
      found: this.#store.find(position)?.position.appendId,
      first: this.#store.entries[0],
      last: this.#store.last,
      added: this.#store.added,
      length: this.#store.entries.length,
    }))
  }

  lookup(positions: readonly Position[]): Promise<readonly Presence[]> {
    return this.#connection.call(() =>
      positions.map((position) => {
        if (this.#store.find(position)?.position.appendId === position.appendId) return 'intact'
        const first = this.#store.entries[0]
        return first && numberOf(position.streamId) < numberOf(first.position.streamId) ? 'below' : 'gone'
      }),
    )
  }

  readPage(from: string, count: number): Promise<Page> {
    return this.#connection.call(() => {
      const entries = this.#store.entries.filter(({ position }) => numberOf(position.streamId) >= numberOf(from))
      return { entries: entries.slice(0, count), last: this.#store.last }
    })
  }

  loadCursor(name: string): Promise<string | undefined> {
    return this.#connection.call(() => this.#store.cursors.get(name))
  }

  saveCursor(name: string, position: string, overwrite: boolean): Promise<void> {
    return this.#connection.call(() => {
      const saved = this.#store.cursors.get(name)
      if (overwrite || saved === undefined || numberOf(position) >= numberOf(saved)) {
        this.#store.cursors.set(name, position)
      }
    })
  }

  addDeadLetter(letter: Omit<DeadLetter, 'id'>, cap: number): Promise<string> {
    return this.#connection.call(() => {
      const id = this.#store.nextId()
      this.#store.letters.push({ id, ...letter })
      this.#store.letters.splice(0, this.#store.letters.length - cap)
      return id
    })
  }

  listDeadLetters(from: string, count: number): Promise<readonly DeadLetter[]> {
    return this.#connection.call(() =>
      this.#store.letters.filter(({ id }) => numberOf(id) >= numberOf(from)).slice(0, count),
    )
  }

  removeDeadLetters(ids: readonly string[]): Promise<number> {
    return this.#connection.call(() => {
      const kept = this.#store.letters.filter(({ id }) => !ids.includes(id))
      return this.#store.letters.splice(0, Infinity, ...kept).length - kept.length
    })
  }

  announce(member: Member, id: string, record: string, ttlMs: number): Promise<void> {
    return this.#connection.call(() => {
      this.#store.records[member].set(id, `{"seenAt":0,"ttlMs":${ttlMs},${record.slice(1)}`)
    })
  }

  withdraw(member: Member, id: string): Promise<void> {
    return this.#connection.call(() => {
      this.#store.records[member].delete(id)
    })
  }

  listAnnounced(member: Member): Promise<readonly Announced[]> {
    return this.#connection.call(() =>
      Array.from(this.#store.records[member], ([id, record]) => ({ id, record, ageMs: 0 })),
    )
  }
}

/** The same log, except that it notes what is appended through it. */
export function noting(log: InvalidationLog, note: (appended: Appended) => void): InvalidationLog {
  return {
    channel: log.channel,
    server: log.server,
    origin: log.origin,
    openFeed: (listener) => log.openFeed(listener),
    openCommands: (listener) => {
      const commands = log.openCommands(listener)
      return {
        get up() {
          return commands.up
        },
        opened: () => commands.opened(),
        reconnect: () => commands.reconnect(),
        close: () => commands.close(),
        append: async (...entry) => {
          const appended = await commands.append(...entry)
          note(appended)
          return appended
        },
        waitReplicas: (...demand) => commands.waitReplicas(...demand),
        replication: () => commands.replication(),
        head: () => commands.head(),
        anchor: (...marker) => commands.anchor(...marker),
        trim: (retention) => commands.trim(retention),
        inspect: (position) => commands.inspect(position),
        lookup: (positions) => commands.lookup(positions),
        readPage: (...page) => commands.readPage(...page),
        loadCursor: (name) => commands.loadCursor(name),
        saveCursor: (...cursor) => commands.saveCursor(...cursor),
        addDeadLetter: (...letter) => commands.addDeadLetter(...letter),
        listDeadLetters: (...page) => commands.listDeadLetters(...page),
        removeDeadLetters: (ids) => commands.removeDeadLetters(ids),
        announce: (...record) => commands.announce(...record),
        withdraw: (...id) => commands.withdraw(...id),
        listAnnounced: (member) => commands.listAnnounced(member),
      }
    },
  }
}

/** The number that orders stream IDs and positions of this log; `-` comes before all of them. */
function numberOf(id: string): number {
  return id === '-' ? 0 : Number.parseInt(id)
}
