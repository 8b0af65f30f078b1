/**
 * A service as a process of its own, to be killed: `writer-process.ts <url> <channel> <file> <value> [stall]`. Commits the
 * value to its database, which is a file, and prints `{"committed": value}`; then publishes that user 1 has changed, and
 * prints `{"published": value}`. With `stall` it never comes to publish.
 */
import { writeFile } from 'node:fs/promises'
import { InvalidationPublisher } from '../../src/index.js'

const [url = '', channel = '', file = '', value = '', stall] = process.argv.slice(2)

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const publisher = await InvalidationPublisher.connect(url, 'writer', { channel })
await writeFile(file, value)
print({ committed: value })
if (stall === undefined) {
  await publisher.update('user', '1')
  print({ published: value })
}
