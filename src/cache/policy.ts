import { checked, type OptionRule, resolveOptions } from '../support/option-rules.js'
import { type CachePolicy, type CachePolicyOptions, policyRules } from './options.js'

const aFunction = (defaultText: string): OptionRule<object | undefined> =>
  checked(
    { expected: 'a function', defaultText, isValid: (given): given is object => typeof given === 'function' },
    undefined,
  )

export const entityRules = {
  ...policyRules,
  load: aFunction('loadMany with one id'),
  loadMany: aFunction('load for each'),
  tags: aFunction('none'),
}

export const loadRules = {
  ...policyRules,
  tags: checked(
    {
      expected: 'an array of strings',
      defaultText: 'none',
      isValid: (given): given is readonly string[] =>
        Array.isArray(given) && given.every((tag) => typeof tag === 'string'),
    },
    [],
  ),
}

export const wrapRules = {
  ...policyRules,
  key: aFunction('required'),
  tags: checked(
    {
      expected: 'an array of strings or a function',
      defaultText: 'none',
      isValid: (given): given is object => Array.isArray(given) || typeof given === 'function',
    },
    undefined,
  ),
}

/** The options that were given, checked, and for all others those of the cache. */
export function policyOf(
  rules: typeof entityRules | typeof loadRules | typeof wrapRules,
  given: CachePolicyOptions,
  base: CachePolicy,
  owner: string,
): CachePolicy {
  resolveOptions(rules, given, owner)
  const isGiven = ([name, value]: [string, unknown]): boolean => name in policyRules && value !== undefined
  const merged = [...Object.entries(base).filter(isGiven), ...Object.entries(given).filter(isGiven)]
  return resolveOptions(policyRules, Object.fromEntries(merged), owner)
}
