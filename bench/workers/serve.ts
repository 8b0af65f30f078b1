/** Says that this process is ready, and answers each number it is sent, with numbers. It ends with the bench. */
export function serve(answer: (amount: number) => Promise<readonly number[]>): void {
  // A rejection ends the process, and the bench shows what it wrote on stderr.
  process.on('message', (amount) => void answer(Number(amount)).then(reply))
  process.on('disconnect', () => process.exit())
  reply([])
}

function reply(numbers: readonly number[]): void {
  process.send?.(numbers)
}
