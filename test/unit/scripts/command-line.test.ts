import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

function run(script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', `scripts/${script}.ts`, ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 15_000,
  })
  return { status, stdout, stderr }
}

test.each(['check', 'mutants'])('%s prints its usage for --help, and runs nothing', (script) => {
  const { status, stdout, stderr } = run(script, '--help')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(new RegExp(`^Usage: npm run ${script} `))
})

test.each([
  ['check', '--jsn'],
  ['check', 'types'],
  ['mutants', '--jsn'],
  ['mutants', 'no-such-mutant'],
])('%s does not run with the argument %s, and says so', (script, argument) => {
  const { status, stdout, stderr } = run(script, argument)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(argument)
  expect(stderr).toContain(`Usage: npm run ${script} `)
})
