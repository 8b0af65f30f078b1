import { defineConfig } from 'vitest/config'
import { mutate } from '../../mutants/mutate-plugin.js'

/** Runs the checks of this folder as a user's tests run in Vitest's pool `vmThreads`: this library in a realm of its own. */
export default defineConfig({
  plugins: [mutate()],
  test: { include: ['test/support/other-realm/*.check.ts'], pool: 'vmThreads', maxWorkers: 1, fsModuleCache: false },
})
