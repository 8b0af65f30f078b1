/**
 * Writes and reads frames of new messages: `frame.ts <form> <six digits | UUIDs>`. Asked with a number of frames, and of
 * messages in each, answers with what a message takes, on average: bytes in its frame, ns to write it, ns to read it.
 */
import { asPublished, frameFormNamed } from '../frame/forms.js'
import { freshIds, idKinds } from '../frame/ids.js'
import { serve } from './serve.js'

const [name = '', ids = ''] = process.argv.slice(2)
const form = frameFormNamed(name)
const kind = idKinds.find((each) => each.name === ids)
if (kind === undefined) throw new Error(`Expected the name of a kind of ids, such as ${idKinds[0].name}, got ${ids}`)
const nextId = freshIds(kind.name)

serve((frames = 0, messagesPerFrame = 0) => {
  let [bytes, writeMs, readMs] = [0, 0, 0]
  for (let frame = 0; frame < frames; frame++) {
    const idsOfFrame = Array.from({ length: messagesPerFrame }, nextId)
    const startedAt = performance.now()
    const written = form.write(idsOfFrame)
    // Looks at each character, as a socket does: V8 leaves a text that nobody reads in the parts it was made of.
    bytes += Buffer.byteLength(written)
    writeMs += performance.now() - startedAt
    const received = Buffer.from(asPublished(written)).toString()
    const receivedAt = performance.now()
    const read = form.read(received)
    readMs += performance.now() - receivedAt
    if (read === 0) throw new Error(`Expected messages in ${received.slice(0, 200)}`)
  }
  const messages = frames * messagesPerFrame
  return Promise.resolve([bytes / messages, (writeMs / messages) * 1e6, (readMs / messages) * 1e6])
})
