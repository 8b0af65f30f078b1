/**
 * A process with a cache of one library: `staleness.ts <set-up> <url>`. It asks its parent for the records that the
 * cache loads, and answers what `CacheQuestion` lists.
 */
import type { CachedRecord } from '../peers/cache-library.js'
import { Conversation } from '../staleness/conversation.js'
import { isCachedRecord, isCacheQuestion } from '../staleness/questions.js'
import { openSetUp } from '../staleness/set-ups.js'

const [name = '', url = ''] = process.argv.slice(2)
const conversation = new Conversation(process, answer)
const opened = openSetUp(name, url, load)
process.on('disconnect', () => process.exit())

async function answer(question: unknown): Promise<unknown> {
  if (!isCacheQuestion(question)) throw new TypeError(`Asked what it does not know: ${JSON.stringify(question)}`)
  const cache = await opened
  if (question.action === 'open') return undefined
  const access = cache[question.by]
  if (question.action === 'get') return access.get(question.id)
  await access.invalidate(question.id)
  return undefined
}

async function load(id: string): Promise<CachedRecord> {
  const record = await conversation.ask({ load: id })
  if (isCachedRecord(record)) return record
  throw new Error(`Expected a record, got ${JSON.stringify(record)}`)
}
