import { type Command, Option } from 'commander'
import { tagInvalidation, type TagOptions } from '../message/create-message.js'
import type { Invalidation } from '../message/message.js'
import type { Receipt } from '../publisher/callers.js'
import { InvalidationPublisher } from '../publisher/publisher.js'
import { PublishTimeoutError, RedisError } from '../support/errors.js'
import { addRetentionOptions, examples, type RetentionFlags, retentionOf } from './arguments.js'
import { closedBy } from './changed-logs.js'
import type { CommandSession, RunTask } from './command-session.js'
import { type ExitCode, exitCodes, UsageError } from './exit-codes.js'
import { logOf } from './log-connection.js'
import { describeInvalidation } from './message-line.js'

interface PublishFlags extends RetentionFlags {
  readonly service: string
}

interface UpdateFlag {
  readonly update?: boolean
}

export function registerPublish(parent: Command, run: RunTask): void {
  addPublishOptions(parent.command('publish'))
    .description('Publish that an entity is gone or, with --update, has changed. Prints where that stands in the log.')
    .argument('<type>', 'the entity type, such as user')
    .argument('<id>', 'the id of the entity, such as 123')
    .option('--update', 'the entity has changed')
    .addHelpText('after', examples('publish user 123', 'publish session abc --update --service migration'))
    .action((entityType: string, entityId: string, { update = false, ...flags }: PublishFlags & UpdateFlag) =>
      run((session) => {
        checkEntityType(entityType)
        return publishOne(session, { action: update ? 'update' : 'delete', entityType, entityId }, flags)
      }),
    )
}

export function registerPattern(parent: Command, run: RunTask): void {
  addPublishOptions(parent.command('pattern'))
    .description('Publish that every cache key which matches a Redis glob is to be evicted.')
    .argument('<glob>', "the pattern, in quotes, such as 'feed:*'")
    .addHelpText('after', examples("pattern 'feed:*'", "pattern '*'"))
    .action((pattern: string, flags: PublishFlags) =>
      run((session) => publishOne(session, { action: 'pattern', pattern }, flags)),
    )
}

export function registerBatch(parent: Command, run: RunTask): void {
  addPublishOptions(parent.command('batch'))
    .description('Publish that these cache keys are to be evicted, all in one message.')
    .argument('<key...>', 'cache keys in full, such as user:123')
    .addHelpText('after', examples('batch user:123 feed:7'))
    .action((cacheKeys: readonly string[], flags: PublishFlags) =>
      run((session) => publishOne(session, { action: 'batch', cacheKeys }, flags)),
    )
}

export function registerTag(parent: Command, run: RunTask): void {
  addPublishOptions(parent.command('tag'))
    .description('Publish that every cache entry with one of these tags is to be evicted, all in one message.')
    .argument('<tag...>', 'tags, such as tenant:42')
    .addOption(
      new Option('--mode <mode>', 'evict, or expire: caches may serve such entries while they load them again')
        .choices(['evict', 'expire'])
        .default('evict'),
    )
    .addHelpText('after', examples('tag tenant:42', 'tag posts comments --mode expire'))
    .action((tags: readonly string[], { mode, ...flags }: PublishFlags & Required<TagOptions>) =>
      run((session) => publishOne(session, tagInvalidation(tags, { mode }), flags)),
    )
}

function addPublishOptions(command: Command): Command {
  return addRetentionOptions(command.option('--service <name>', 'the service that signs the message', 'cli'))
}

/** @throws UsageError for the name of a command, which would evict one odd key in place of what is meant */
function checkEntityType(entityType: string): void {
  if (entityType !== 'pattern' && entityType !== 'batch' && entityType !== 'tag') return
  const keys = entityType === 'tag' ? '; `cache-invalidation batch tag:…` evicts cache keys of that type' : ''
  throw new UsageError(
    `Expected an entity type, got \`${entityType}\`: \`cache-invalidation ${entityType} …\` publishes a ${entityType}${keys}`,
  )
}

async function publishOne(session: CommandSession, invalidation: Invalidation, flags: PublishFlags): Promise<ExitCode> {
  const { output } = session
  const { messageId, position, receivers } = await sendOne(session, invalidation, flags)
  const what = `${invalidation.action} ${describeInvalidation(invalidation)}`
  if (output.json) await output.printJson({ messageId, position, receivers })
  else await output.print(`published ${what}  position ${position}  receivers ${receivers}`)
  if (receivers < 0) {
    output.warn('the server does not let this user publish on the channel: subscribers find it in the log')
  }
  return exitCodes.ok
}

/** Publishes now or not at all: the first failure ends it, and nothing is left waiting for the server to come back. */
async function sendOne(
  session: CommandSession,
  invalidation: Invalidation,
  { service, ...flags }: PublishFlags,
): Promise<Receipt> {
  const { output, runtime, signal } = session
  signal.throwIfAborted()
  const publisher = await InvalidationPublisher.connect(closedBy(signal, logOf(session, ['append'])), service, {
    // Nothing is remembered past the end of this process, so nothing need be asked for it.
    runtime,
    retention: retentionOf(flags),
    repair: false,
    closeTimeoutMs: 0,
    // What fails is printed as the failure of the command.
    logger: { debug: ignore, info: ignore, warn: (text) => output.warn(text), error: ignore },
  })
  let moved: RedisError | undefined
  try {
    const failed = new Promise<never>((_, reject) => {
      publisher.on('error', (error) => {
        // A cluster fails over, or moves the slot of the log: the publisher goes there, as long as it is waited for.
        if (error instanceof RedisError && error.kind === 'moved') moved = error
        else reject(error)
      })
    })
    return await Promise.race([publisher.publish(invalidation, { signal }), failed])
  } catch (error) {
    // That it stays queued would not be true: this process ends.
    throw error instanceof PublishTimeoutError && moved ? moved : error
  } finally {
    await publisher.close()
  }
}

function ignore(): void {
  // Nothing is printed.
}
