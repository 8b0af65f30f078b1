/** Says that this process is ready, and answers numbers that it is sent with numbers. It ends with the bench. */
export function serve(answer: (...asked: number[]) => Promise<readonly number[]>): void {
  // A rejection ends the process, and the bench shows what it wrote on stderr.
  process.on('message', (asked) => {
    if (isNumbers(asked)) void answer(...asked).then(reply)
  })
  process.on('disconnect', () => process.exit())
  reply([])
}

export function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number')
}

function reply(numbers: readonly number[]): void {
  process.send?.(numbers)
}
