import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { repositoryFile } from './parsed-file.js'

/** `PROMTOOL`, or one on PATH. What it checks beyond the other tests here: that alerts fire when they should. */
const promtool =
  process.env.PROMTOOL ??
  process.env.PATH?.split(delimiter)
    .map((folder) => join(folder, 'promtool'))
    .find(isExecutable)

describe.runIf(promtool !== undefined)('promtool', () => {
  test('accepts the rules', async () => {
    expect(await run('check', 'rules', 'deploy/prometheus/rules.yml')).toContain('SUCCESS')
  })

  test('sees every alert fire when it should, and not when it should not', async () => {
    expect(await run('test', 'rules', 'deploy/prometheus/rules.test.yml')).toContain('SUCCESS')
  })
})

async function run(...args: [...command: string[], path: string]): Promise<string> {
  const path = fileURLToPath(repositoryFile(args.pop() ?? ''))
  const { stdout } = await promisify(execFile)(promtool ?? 'promtool', [...args, path])
  return stdout
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
