import { createInterface } from 'node:readline/promises'
import { UsageError } from './exit-codes.js'
import type { Session } from './session.js'

/**
 * Asks a person.
 *
 * @throws UsageError where there is no terminal to ask on
 */
export async function confirm(
  { stdin, stderr, signal }: Pick<Session, 'stdin' | 'stderr' | 'signal'>,
  question: string,
): Promise<boolean> {
  if (stdin.isTTY !== true || stderr.isTTY !== true) {
    throw new UsageError('There is no terminal to ask on: add --yes to go on without being asked')
  }
  // Not as a terminal: that would take Ctrl-C for itself.
  const prompt = createInterface({ input: stdin, output: stderr, terminal: false })
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    prompt.close()
  }
}
