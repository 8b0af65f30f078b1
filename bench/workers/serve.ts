import { isNumbers } from './questions.js'

/** Says that this process is ready, and answers numbers that it is sent with numbers. It ends with the bench. */
export function serve(answer: (...asked: number[]) => Promise<readonly number[]>): void {
  serveRequests(isNumbers, (numbers) => answer(...numbers))
}

/** As {@link serve}, for questions and answers that JSON can say. What `isAsked` refuses ends the process. */
export function serveRequests<Asked>(
  isAsked: (value: unknown) => value is Asked,
  answer: (asked: Asked) => Promise<unknown>,
): void {
  // A rejection ends the process, and the bench shows what it wrote on stderr.
  process.on('message', (asked) => {
    if (!isAsked(asked)) throw new TypeError(`Asked what it does not know: ${JSON.stringify(asked)}`)
    void answer(asked).then((answered) => process.send?.(answered))
  })
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
}
