#!/usr/bin/env node
import { systemRuntime } from '../runtime.js'
import { main } from './command-line.js'
import { exitCodes } from './exit-codes.js'

const interruption = new AbortController()
const interrupt = (): void => interruption.abort()
// Once: whoever presses Ctrl-C again does not want to wait for an orderly end.
process.once('SIGINT', interrupt)
process.once('SIGTERM', interrupt)
// The reader has gone, as in `cache-invalidation tail | head`.
process.stdout.on('error', interrupt)
// Nobody reads the notes, as in `cache-invalidation tail 2>&1 >file | head`: the results go on.
process.stderr.on('error', () => undefined)

const exitCode = await main(process.argv.slice(2), {
  ...{ stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env },
  ...{ runtime: systemRuntime, signal: interruption.signal },
})
// Else it ends by itself, with all its output written.
if (exitCode === exitCodes.interrupted) process.exit(exitCode)
process.exitCode = exitCode
