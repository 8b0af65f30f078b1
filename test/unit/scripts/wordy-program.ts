/** Prints a million letters at once, says so on stderr, and ends with exit code 3. */
import { runProgram } from '../../../scripts/run-program.js'

await runProgram({
  name: 'wordy',
  help: '',
  parse: () => ({}),
  run: () => {
    process.stdout.write('x'.repeat(1_000_000))
    process.stderr.write('printed\n')
    return Promise.resolve(3)
  },
})
