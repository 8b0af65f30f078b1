import packageJson from '../../package.json' with { type: 'json' }
import { bundlers } from './bundlers.js'
import type { Group } from './cell.js'
import { compilers } from './compilers.js'
import { nestCells, nextCells } from './frameworks.js'
import { otherPeers } from './peers.js'
import { runtimes } from './runtimes.js'
import { testRunners } from './test-runners.js'

const { ioredis, typescript, vitest, '@types/node': nodeTypes } = packageJson.devDependencies

/** What shares an installation. None has the optional peers, except for the one about them. */
export const groups: readonly Group[] = [
  {
    name: 'next',
    dependencies: {
      ioredis,
      next: '16.4.6',
      react: '19.3.1',
      'react-dom': '19.3.1',
      typescript,
      '@types/node': nodeTypes,
      '@types/react': '19.3.3',
    },
    cells: nextCells,
  },
  {
    name: 'tools',
    dependencies: {
      ioredis,
      typescript,
      '@types/node': nodeTypes,
      esbuild: '0.28.2',
      webpack: '5.113.0',
      vite: '8.4.0',
      jest: '30.5.2',
      vitest,
    },
    cells: [...compilers, ...bundlers, ...testRunners],
  },
  runtimes,
  {
    name: 'nest',
    dependencies: {
      ioredis,
      typescript,
      '@types/node': nodeTypes,
      '@nestjs/core': '12.5.1',
      '@nestjs/common': '12.5.1',
      '@nestjs/platform-express': '12.5.1',
      'reflect-metadata': '0.2.2',
      rxjs: '7.8.2',
    },
    cells: nestCells,
  },
  {
    name: 'peers',
    dependencies: { ioredis: '4.30.1', '@opentelemetry/api': '1.4.0' },
    cells: [otherPeers],
  },
]
