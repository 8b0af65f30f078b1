/**
 * The floors of src, ground first: a module imports from its own floor and those below, types included. Rooms on one
 * floor share it, unless they are blind to each other.
 */
const floors = [
  ['errors.ts', 'events.ts', 'backoff.ts', 'thrown.ts', 'runtime.ts', 'options.ts', 'version.ts', 'message/'],
  ['recovery/', 'telemetry/'],
  ['log/', 'publishing/', 'delivery/'],
  ['open-log.ts', 'publisher.ts', 'subscriber.ts', 'subscribing/'],
  ['index.ts', 'testing.ts'],
  ['cli/'],
]
const blind = ['log/', 'publishing/', 'delivery/']

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
    ...blind.map((room) => ({
      name: `${room.slice(0, -1)}-is-blind`,
      comment: 'These rooms are joined above them; what they share lies below',
      severity: 'error',
      from: { path: inside([room]) },
      to: { path: inside(blind.filter((other) => other !== room)) },
    })),
    {
      name: 'recovery-is-pure',
      comment: 'No I/O: neither Node nor packages',
      severity: 'error',
      from: { path: inside(['recovery/']) },
      to: { pathNot: '^src/' },
    },
    {
      name: 'ioredis-only-in-log',
      comment: 'The log is the one seam to Redis',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['log/']) },
      to: { path: npm('ioredis') },
    },
    {
      name: 'p-queue-only-in-dispatcher',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/delivery/dispatcher\\.ts$' },
      to: { path: npm('p-queue') },
    },
    {
      name: 'command-line-packages-only-in-cli',
      comment: 'Who uses the library does not load what the command line is made of',
      severity: 'error',
      from: { path: '^src/', pathNot: inside(['cli/']) },
      to: { path: [npm('commander'), npm('cli-table3')] },
    },
    {
      name: 'opentelemetry-only-in-telemetry',
      comment: 'One seam: the flow tells, and knows nothing of spans and meters',
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
        pathNot: ['ioredis', 'p-queue', '@opentelemetry/api', 'commander', 'cli-table3'].map(npm),
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
      from: { path: '^src/(index|testing|cli/main)\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(index|testing|cli/main)\\.ts$', reachable: false },
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
