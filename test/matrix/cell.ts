import type { RedisServer } from '../support/redis-server.js'
import type { Project } from './project.js'

/** A way to use the package that is tried. */
export interface Cell {
  readonly name: string
  /** False for what only `--all` runs. */
  readonly quick: boolean
  /** Rejects if it does not work, or with {@link Unavailable}. */
  readonly run: (place: Place) => Promise<void>
}

export interface Place {
  readonly project: Project
  /** Of this cell alone. */
  readonly redis: RedisServer
}

/** Cells that share one project, with what it has installed beside the package. */
export interface Group {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
  /** Left out by npm where they can't be had. */
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly cells: readonly Cell[]
}

/** What a cell needs can't be had on this machine. */
export class Unavailable extends Error {}
