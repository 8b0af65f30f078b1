import { systemRuntime } from '../support/runtime.js'
import { hasCode } from '../support/thrown.js'
import { main } from './command-line.js'
import { exitCodes } from './exit-codes.js'

const interruption = new AbortController()
const interrupt = (): void => interruption.abort()
// Only the first Ctrl-C ends it in order: a second one ends it at once.
process.once('SIGINT', interrupt)
process.once('SIGTERM', interrupt)
let isUnprinted = false
process.stdout.on('error', (error: Error) => {
  // With EPIPE the reader has gone, as in `cache-invalidation tail | head`.
  if (!hasCode(error, 'EPIPE') && !isUnprinted) {
    isUnprinted = true
    process.exitCode = exitCodes.failure
    process.stderr.write(`Not all could be printed: ${error.message}\n`)
  }
  interrupt()
})
// Nobody reads the notes, as in `cache-invalidation tail 2>&1 >file | head`: the results go on.
process.stderr.on('error', () => undefined)

const exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  runtime: systemRuntime,
  signal: interruption.signal,
})
// Otherwise the process ends by itself once its output is written; a failed write is reported then or later.
if (exitCode === exitCodes.interrupted) process.exit(isUnprinted ? exitCodes.failure : exitCode)
if (!isUnprinted) process.exitCode = exitCode
