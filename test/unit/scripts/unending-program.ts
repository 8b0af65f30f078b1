/** Goes on after the signal that asks it to end. */
import { runProgram } from '../../../scripts/run-program.js'

await runProgram({
  name: 'unending',
  help: '',
  parse: () => ({}),
  run: (_options, { signal }) => {
    setInterval(() => undefined, 1_000)
    signal.addEventListener('abort', () => process.stderr.write(`${String(signal.reason)}\n`))
    process.stderr.write('running\n')
    return new Promise(() => undefined)
  },
})
