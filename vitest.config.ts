import { defineConfig } from 'vitest/config'
import { mutate } from './test/mutants/mutate-plugin.js'

export default defineConfig({
  plugins: [mutate()],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // A source with a mechanism taken away must not be found in the cache by a run that wants it whole.
    fsModuleCache: process.env.MUTANT === undefined,
    // Processes, not threads: some tests stop servers, send signals and watch process warnings.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    // A stage has a minute to recover in.
    hookTimeout: 90_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html'] },
  },
})
