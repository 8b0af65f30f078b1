/**
 * The floors of src, ground first: a module imports from its own floor and those below, types included. Rooms on one
 * floor share it, unless they are blind to each other. CONTRIBUTING.md says what each room is for.
 */
const floors = [
  ['support/'],
  ['message/'],
  ['log/model/', 'telemetry/'],
  ['log/log.ts'],
  ['log/redis/', 'log/memory/'],
  ['log/admin/', 'log/changed-commands.ts', 'log/open-log.ts'],
  ['subscriber/progress/', 'subscriber/handling/'],
  ['subscriber/follow/'],
  ['publisher/', 'subscriber/', 'evictors/'],
  ['index.ts', 'testing.ts'],
  ['cache/'],
  ['cache.ts'],
  ['cli/'],
]
/** Sets of rooms that know nothing of each other: they are joined above them, and what they share is below. */
const blind = [
  ['log/redis/', 'log/memory/'],
  ['publisher/', 'subscriber/'],
  ['log/model/', 'telemetry/'],
]

const inside = (rooms) => `^src/(${rooms.join('|').replaceAll('.', '\\.')})`
const npm = (name) => `(^|/)node_modules/${name}/`

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...floors.map((rooms, index) => ({
      name: `floor-${index}-imports-down`,
      comment: `${rooms.join(', ')}: only from their own floor and those below`,
      severity: 'error',
      from: { path: inside(rooms) },
      to: { path: '^src/', pathNot: inside(floors.slice(0, index + 1).flat()) },
    })),
    {
      name: 'every-module-has-a-floor',
      comment: 'A new room needs a floor: name it at the top of this file',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/', pathNot: inside(floors.flat()) },
    },
    {
      name: 'what-is-said-before-how-it-is-written',
      comment: 'The wire form knows the message, and the message knows nothing of it',
      severity: 'error',
      from: { path: '^src/message/[^/]+$' },
      to: { path: inside(['message/wire/']) },
    },
    ...blind.flatMap((rooms) =>
      rooms.map((room) => ({
        name: `${room.slice(0, -1).replaceAll('/', '-')}-is-blind`,
        comment: 'These rooms are joined above them; what they share is below',
        severity: 'error',
        from: { path: inside([room]) },
        to: { path: inside(rooms.filter((other) => other !== room)) },
      })),
    ),
    {
      name: 'the-log-through-its-port',
      comment: 'Publishers and subscribers know the port and its model; only their entrances open a log',
      severity: 'error',
      from: {
        path: inside(['publisher/', 'subscriber/']),
        pathNot: inside(['publisher/publisher.ts', 'subscriber/subscriber.ts']),
      },
      to: { path: inside(['log/']), pathNot: inside(['log/log.ts', 'log/model/']) },
    },
    {
      name: 'caches-use-the-public-api',
      comment: 'What a cache needs of the log, others need, too; what all rooms share is on the ground floors',
      severity: 'error',
      from: { path: inside(['cache/']) },
      to: { path: '^src/', pathNot: inside(['cache/', 'index.ts', 'support/', 'message/', 'telemetry/']) },
    },
    {
      name: 'pure-memory-tier',
      comment: 'No I/O and no clock: the fence between loads and invalidations is a matter of order alone',
      severity: 'error',
      from: { path: inside(['cache/memory/']) },
      to: { pathNot: ['^src/cache/memory/', '^src/index\\.ts$', npm('lru-cache')] },
    },
    {
      name: 'evictors-know-caches-alone',
      comment: 'An evictor is a handler: it knows messages, keys and caches, and nothing of how messages come',
      severity: 'error',
      from: { path: inside(['evictors/']) },
      to: {
        path: '^src/',
        pathNot: inside([
          'evictors/',
          'support/',
          'message/',
          'log/model/keys.ts',
          'log/redis/delete-matching.ts',
          'log/redis/redis-like.ts',
          'subscriber/handling/delivery.ts',
        ]),
      },
    },
    {
      name: 'pure',
      comment: 'No I/O: neither Node nor packages',
      severity: 'error',
      from: { path: inside(['log/model/', 'subscriber/follow/', 'subscriber/progress/', 'publisher/repair/']) },
      to: { pathNot: '^src/' },
    },
    {
      name: 'ioredis-only-in-log-redis',
      comment: 'The one seam to Redis',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['log/redis/']) },
      to: { path: npm('ioredis') },
    },
    {
      name: 'ioredis-imported-once',
      comment: 'An old version must be reported before its names fail; types are free',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['log/redis/ioredis.ts']) },
      to: { path: npm('ioredis'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'p-queue-only-in-dispatcher',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['subscriber/handling/dispatcher.ts']) },
      to: { path: npm('p-queue') },
    },
    {
      name: 'lru-cache-only-in-memory-tier',
      comment: 'Users of the core do not load it',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['cache/memory/']) },
      to: { path: npm('lru-cache') },
    },
    {
      name: 'command-line-packages-only-in-cli',
      comment: 'Users of the library do not load the packages of the command line',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['cli/']) },
      to: { path: [npm('commander'), npm('cli-table3')] },
    },
    {
      name: 'opentelemetry-only-in-telemetry',
      comment: 'One seam: the flow reports, and knows nothing of spans and meters',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['telemetry/']) },
      to: { path: npm('@opentelemetry') },
    },
    {
      name: 'no-other-packages',
      comment: 'A package more is a decision: see docs/dependencies.md',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: '(^|/)node_modules/',
        pathNot: ['ioredis', 'p-queue', '@opentelemetry/api', 'commander', 'cli-table3', 'lru-cache'].map(npm),
      },
    },
    {
      name: 'src-stands-alone',
      comment: 'What is published never imports what is not',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|examples|bench)/' },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing public leads here: wire it in, or delete it',
      severity: 'error',
      from: { path: '^src/(index|cache|testing|cli/main)\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(index|cache|testing|cli/main)\\.ts$', reachable: false },
    },
  ],
  options: {
    // Types count: an import that vanishes in JavaScript still ties two modules together for whoever reads them.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
}
