import { readFile } from 'node:fs/promises'
import type { RepairSummary } from '../../src/index.js'

/** What processes tell of themselves. */
export class Vitals {
  readonly #memory = new Map<string, number>()
  #repaired = 0

  /** Memory high-water marks by process, in bytes; of a process that was restarted, that of its largest life. */
  get memory(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#memory)
  }

  /** Frames that publishers appended again, and messages that evict all in place of what can't be known. */
  get repaired(): number {
    return this.#repaired
  }

  usedMemory(name: string, bytes: number): void {
    this.#memory.set(name, Math.max(bytes, this.#memory.get(name) ?? 0))
  }

  /** Asks the system, where it is one that can tell of another process. */
  async readMemory(name: string, pid: number | undefined): Promise<void> {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]
    if (kilobytes !== undefined) this.usedMemory(name, Number(kilobytes) * 1_024)
  }

  repairs({ reappended, unknown }: RepairSummary): void {
    this.#repaired += reappended + Math.min(1, unknown)
  }
}
