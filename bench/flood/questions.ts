import { hasNumbers } from '../workers/questions.js'

/** What the processes of a flood are asked, and answer. Ids are whole numbers, as text. */

/** Holds the keys of the ids from `first` on, and counts anew what is handled of them. */
export interface Begin {
  readonly first: number
  readonly count: number
}
export const isBegin = hasNumbers('first', 'count')

/** The answer to it: how many keys a process took in. */
export interface Begun {
  readonly held: number
}
export const isBegun = hasNumbers('held')

/** Waits until all that was published is handled, or nothing more comes. */
export interface Finish {
  readonly published: number
}
export const isFinish = hasNumbers('published')

/** What the subscribers of a process did in a round. */
export interface Handled {
  /** By the one that handled least; duplicates do not count. */
  readonly handledByAll: number
  /** By all of them together. */
  readonly lost: number
  /** On the shared clock; when the round began, where nothing was handled. */
  readonly lastHandledAt: number
  /** Of the process, since the round began. */
  readonly cpuUs: number
}
export const isHandled = hasNumbers('handledByAll', 'lost', 'lastHandledAt', 'cpuUs')

/** Publishes `first`, `first + step`, and so on: until the time is over, or `count` ids are published. */
export interface Publish {
  readonly first: number
  readonly step: number
  readonly count: number
  readonly durationMs: number
  readonly callers: number
}
export const isPublish = hasNumbers('first', 'step', 'count', 'durationMs', 'callers')

export interface Published {
  readonly published: number
  /** On the shared clock. */
  readonly startedAt: number
  /** Until all of it was acknowledged. */
  readonly tookMs: number
  readonly cpuUs: number
}
export const isPublished = hasNumbers('published', 'startedAt', 'tookMs', 'cpuUs')
