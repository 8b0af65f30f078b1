import {
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  NotFoundException,
  type OnModuleDestroy,
  Param,
  Put,
} from '@nestjs/common'
import { type CacheEntity, type CacheHealth, CoherentCache } from 'cache-invalidation/cache'
import { Database, type Report, type User } from './database.js'

const redis = process.env.REDIS_URL ?? 'redis://localhost:6379'

/** What the controllers read and write by; nothing else knows of the cache. */
@Injectable()
export class Users {
  readonly #users: CacheEntity<User>

  constructor(
    @Inject(CoherentCache) private readonly cache: CoherentCache,
    @Inject(Database) private readonly database: Database,
  ) {
    this.#users = cache.entity('user', {
      load: (id) => database.user(id),
      loadMany: (ids) => database.users(ids),
      tags: (user) => [`team:${user.teamId}`],
    })
  }

  find(id: string): Promise<User | undefined> {
    return this.#users.get(id)
  }

  findAll(ids: readonly string[]): Promise<Map<string, User>> {
    return this.#users.getMany(ids)
  }

  rename(id: string, name: string): Promise<boolean> {
    return this.#users.update(id, () => this.database.renameUser(id, name))
  }

  report(team: string): Promise<Report | undefined> {
    return this.cache.getOrLoad(`report:${team}`, () => this.database.report(team), { tags: [`team:${team}`] })
  }

  async renameTeam(id: string, name: string): Promise<void> {
    await this.database.renameTeam(id, name)
    await this.cache.invalidateTag(`team:${id}`)
  }
}

@Controller()
export class UsersController {
  constructor(
    @Inject(Users) private readonly users: Users,
    @Inject(CoherentCache) private readonly cache: CoherentCache,
  ) {}

  @Get('users/:id')
  async find(@Param('id') id: string): Promise<User> {
    const user = await this.users.find(id)
    if (user === undefined) throw new NotFoundException()
    return user
  }

  @Get('lists/:ids')
  async findAll(@Param('ids') ids: string): Promise<User[]> {
    return [...(await this.users.findAll(ids.split(','))).values()]
  }

  @Put('users/:id')
  async rename(@Param('id') id: string, @Body('name') name: string): Promise<void> {
    if (!(await this.users.rename(id, name))) throw new NotFoundException()
  }

  @Get('teams/:id/report')
  async report(@Param('id') id: string): Promise<Report> {
    const report = await this.users.report(id)
    if (report === undefined) throw new NotFoundException()
    return report
  }

  @Put('teams/:id')
  renameTeam(@Param('id') id: string, @Body('name') name: string): Promise<void> {
    return this.users.renameTeam(id, name)
  }

  @Get('readyz')
  readiness(): CacheHealth {
    return this.cache.health()
  }
}

const cacheProvider = {
  provide: CoherentCache,
  useFactory: () => CoherentCache.connect(redis, { service: 'user-service', logger: console }),
}

/** Call `app.enableShutdownHooks()` in `main.ts`, so that the cache is closed when the process is to end. */
@Module({
  controllers: [UsersController],
  providers: [cacheProvider, Database, Users],
  exports: [Users],
})
export class UsersModule implements OnModuleDestroy {
  constructor(@Inject(CoherentCache) private readonly cache: CoherentCache) {}

  onModuleDestroy(): Promise<void> {
    return this.cache.close()
  }
}
