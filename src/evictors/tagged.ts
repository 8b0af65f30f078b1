import { describeValue } from '../support/describe-value.js'
import { ConfigurationError } from '../support/errors.js'
import type { TagsOf } from './evictor.js'

/**
 * Whether a value carries one of these tags.
 *
 * @throws ConfigurationError if `tagsOf` does not return a list, as it may in JavaScript
 */
export function carriesOne(tags: readonly string[], tagsOf: TagsOf, value: unknown, key: string): boolean {
  const carried: unknown = tagsOf(value, key)
  if (Array.isArray(carried)) return carried.some((tag: unknown) => tags.some((each) => each === tag))
  throw new ConfigurationError(
    `Expected \`tagsOf\` to return an array of tags, got ${describeValue(carried)} for the key ${describeValue(key)}`,
  )
}
