import type { ServiceName } from './services/service.js'
import { Tally } from './tally.js'
import type { Absence } from './tracing/moment.js'

/** How an act goes. */
export interface ActProgress {
  readonly title: string
  status: 'to come' | 'now' | 'played' | 'skipped'
  /** What came of it; empty before. */
  summary: string
}

/** What is known of a run: written by the show, read by the screen and for the outcome. */
export class Board {
  readonly acts: readonly ActProgress[]
  readonly tallies: Readonly<Record<ServiceName, Tally>> = {
    'user-service': new Tally(),
    'graphql-gateway': new Tally(),
    'feed-service': new Tally(),
    'search-service': new Tally(),
  }
  /** Of the service that was killed last. */
  absence: Absence | undefined

  constructor(titles: readonly string[]) {
    this.acts = titles.map((title) => ({ title, status: 'to come', summary: '' }))
  }

  /** How many messages stand in the log. */
  get published(): number {
    return this.tallies['user-service'].total.published
  }
}
