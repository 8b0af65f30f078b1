/**
 * A service as a process of its own, to be killed: `writer-process.ts <url> <channel> <file> <value> [stall]`. Commits the
 * value to its database, which is a file, and publishes that user 1 has changed; with `stall` it never comes to the
 * second. Then it prints `{"written": value}`.
 */
import { writeFile } from 'node:fs/promises'
import { InvalidationPublisher } from '../../src/index.js'

const [url = '', channel = '', file = '', value = '', stall] = process.argv.slice(2)

const publisher = await InvalidationPublisher.connect(url, 'writer', { channel })
await writeFile(file, value)
if (stall === undefined) await publisher.update('user', '1')
process.stdout.write(`${JSON.stringify({ written: value })}\n`)
