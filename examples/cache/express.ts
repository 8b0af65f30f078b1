import express, { type ErrorRequestHandler, type Express } from 'express'
import { CoherentCache } from '../../src/cache.js'
import { PublishTimeoutError, type RedisSource } from '../../src/index.js'
import type { Database } from './database.js'

interface Service {
  readonly app: Express
  readonly close: () => Promise<void>
}

export async function createService(redis: RedisSource, database: Database): Promise<Service> {
  const cache = await CoherentCache.connect(redis, { service: 'user-service', logger: console })
  const users = cache.entity('user', {
    load: (id) => database.user(id),
    loadMany: (ids) => database.users(ids),
    tags: (user) => [`team:${user.teamId}`],
  })

  const app = express()
  app.use(express.json())

  app.get('/users/:id', async (request, response) => {
    const user = await users.get(request.params.id)
    if (user) response.json(user)
    else response.sendStatus(404)
  })

  app.get('/users', async (request, response) => {
    const found = await users.getMany(idsIn(request.query.ids))
    response.json([...found.values()])
  })

  app.put('/users/:id', async (request, response) => {
    const { id } = request.params
    const isFound = await users.update(id, () => database.renameUser(id, nameIn(request.body)))
    response.sendStatus(isFound ? 204 : 404)
  })

  app.get('/teams/:id/report', async (request, response) => {
    const { id } = request.params
    const report = await cache.getOrLoad(`report:${id}`, () => database.report(id), { tags: [`team:${id}`] })
    if (report) response.json(report)
    else response.sendStatus(404)
  })

  // The name of a team is in its report and in each of its users.
  app.put('/teams/:id', async (request, response) => {
    const { id } = request.params
    const isFound = await database.renameTeam(id, nameIn(request.body))
    await cache.invalidateTag(`team:${id}`)
    response.sendStatus(isFound ? 204 : 404)
  })

  // Ready without Redis, too: reads then go to the database. If that can't bear the load, answer 503 unless `serving`.
  app.get('/readyz', (_request, response) => {
    response.json(cache.health())
  })

  // Redis is away: the change was written, and the other instances hear of it as soon as Redis is back.
  const onError: ErrorRequestHandler = (error, _request, response, next) => {
    if (error instanceof PublishTimeoutError) response.sendStatus(202)
    else next(error)
  }
  app.use(onError)

  return { app, close: () => cache.close() }
}

function idsIn(query: unknown): string[] {
  return typeof query === 'string' ? query.split(',') : []
}

function nameIn(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'name' in body && typeof body.name === 'string') return body.name
  throw new Error('Expected a JSON body with a `name`')
}
