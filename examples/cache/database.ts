export interface User {
  readonly id: string
  readonly name: string
  readonly teamId: string
  readonly teamName: string
}

export interface Report {
  readonly team: string
  readonly users: number
}

/** Stub of a database such as PostgreSQL. Your service has queries in place of these functions. */
export class Database {
  readonly #teams = new Map([
    ['1', 'Engines'],
    ['2', 'Looms'],
  ])
  readonly #users = new Map([
    ['1', { name: 'Ada', teamId: '1' }],
    ['2', { name: 'Joseph', teamId: '2' }],
    ['3', { name: 'Charles', teamId: '1' }],
  ])
  /** How long an answer is under way. */
  readonly #answerTravels: () => Promise<void>
  /** How many queries have read from it. */
  reads = 0

  constructor(answerTravels: () => Promise<void> = () => Promise.resolve()) {
    this.#answerTravels = answerTravels
  }

  async user(id: string): Promise<User | undefined> {
    return (await this.users([id])).get(id)
  }

  users(ids: readonly string[]): Promise<Map<string, User>> {
    const rows = ids.flatMap((id) => {
      const user = this.#users.get(id)
      return user ? [{ id, ...user, teamName: this.#teams.get(user.teamId) ?? '' }] : []
    })
    return this.#answer(new Map(rows.map((row) => [row.id, row])))
  }

  report(teamId: string): Promise<Report | undefined> {
    const team = this.#teams.get(teamId)
    const users = [...this.#users.values()].filter((user) => user.teamId === teamId).length
    return this.#answer(team === undefined ? undefined : { team, users })
  }

  /** Resolves, once it is committed, to whether there is such a user. */
  renameUser(id: string, name: string): Promise<boolean> {
    const user = this.#users.get(id)
    if (user) this.#users.set(id, { ...user, name })
    return Promise.resolve(user !== undefined)
  }

  /** Resolves, once it is committed, to whether there is such a team. */
  renameTeam(id: string, name: string): Promise<boolean> {
    const isFound = this.#teams.has(id)
    if (isFound) this.#teams.set(id, name)
    return Promise.resolve(isFound)
  }

  async #answer<Rows>(rows: Rows): Promise<Rows> {
    this.reads += 1
    await this.#answerTravels()
    return rows
  }
}
