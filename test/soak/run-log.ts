import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder of a run: what happened, in order, what each process printed on stderr, and the cursor files. */
export class RunLog {
  readonly folder: string
  readonly #streams = new Map<string, WriteStream>()

  static async open(): Promise<RunLog> {
    return new RunLog(await mkdtemp(join(tmpdir(), 'cache-invalidation-soak-')))
  }

  private constructor(folder: string) {
    this.folder = folder
  }

  /** A line in the order of events. */
  note(who: string, what: string): void {
    this.stream('events').write(`${new Date().toISOString()} ${who}: ${what}\n`)
  }

  stream(name: string): WriteStream {
    const existing = this.#streams.get(name)
    if (existing) return existing
    const stream = createWriteStream(join(this.folder, `${name}.log`))
    this.#streams.set(name, stream)
    return stream
  }

  /** @param keep whether somebody will want to read it */
  async close(keep: boolean): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => new Promise((resolve) => stream.end(resolve))))
    if (!keep) await rm(this.folder, { recursive: true, force: true })
  }
}
