import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesBytes } from '../../../src/message/glob-bytes.js'
import { matchesPattern } from '../../../src/message/glob.js'

describe('matchesPattern', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['user:1', ['user:1'], ['user:12', 'user:', 'xuser:1', 'USER:1', '']],
    ['*', ['', 'a', 'user:1', 'a\nb'], []],
    ['user:*', ['user:', 'user:1', 'user:1:2'], ['user', 'post:1', ' user:1']],
    ['*:1', ['user:1', ':1', '1:1:1'], ['user:11', '1']],
    ['feed:*:page:*', ['feed:a:page:', 'feed::page::page:'], ['feed:page:1']],
    ['a**b', ['ab', 'axxb'], ['a', 'abx']],
    ['ab*ba', ['abba', 'abxba'], ['aba']],
    ['*ab*ba*', ['abba', 'xabxbax'], ['aba', 'baab']],
    ['h?llo', ['hello', 'h?llo', 'h\nllo'], ['hllo', 'heello']],
    ['h[ae]llo', ['hello', 'hallo'], ['hillo', 'h[ae]llo']],
    ['h[^e]llo', ['hallo', 'h^llo'], ['hello', 'hllo']],
    ['h[a-b]llo', ['hallo', 'hbllo'], ['hcllo', 'h-llo']],
    ['h[!a]llo', ['h!llo', 'hallo'], ['hbllo']],
    ['h\\[a]', ['h[a]'], ['ha', 'h\\[a]']],
    ['a\\*b', ['a*b'], ['axb', 'a\\*b']],
    ['[\\]]x', [']x'], ['\\x']],
    ['[\\a-c]', ['a', '-', 'c'], ['b', '\\']],
    ['', [''], ['a']],
    ['**', ['a', 'ab'], ['']],
  ])('%s', (pattern, matches, misses) => {
    for (const key of matches) expect(matchesPattern(pattern, key), `matches ${key}`).toBe(true)
    for (const key of misses) expect(matchesPattern(pattern, key), `misses ${key}`).toBe(false)
  })

  it.each<[string, string, readonly string[], readonly string[]]>([
    ['a class that is not closed ends with the pattern', 'a[bc', ['ab', 'ac'], ['a[bc', 'a', 'abc']],
    ['an opening bracket at the end matches nothing', 'a[', [], ['a[', 'a', 'ab']],
    ['a negation that is not closed matches anything', 'a[^', ['a^', 'ab'], ['a']],
    ['an empty class matches nothing', 'a[]b', [], ['ab', 'a]b']],
    ['an empty negation matches anything', 'a[^]b', ['axb'], ['ab']],
    ['a range may run backwards', '[c-a]', ['a', 'b', 'c'], ['d', '-']],
    ['a dash at the end takes the bracket for its end', '[a-]', ['a', '^', ']'], ['-', '[', 'b']],
    ['a dash at the front is itself', '[-a]', ['-', 'a'], ['b']],
    ['a backslash at the end is itself', 'a\\', ['a\\'], ['a']],
    ['a backslash that ends an open class is itself', '[a\\', ['a', '\\'], ['b']],
  ])('reads as Redis does: %s', (_rule, pattern, matches, misses) => {
    for (const key of matches) expect(matchesPattern(pattern, key), `matches ${key}`).toBe(true)
    for (const key of misses) expect(matchesPattern(pattern, key), `misses ${key}`).toBe(false)
  })

  it('compares UTF-8 bytes', () => {
    expect(matchesPattern('h?', 'hé')).toBe(false)
    expect(matchesPattern('h??', 'hé')).toBe(true)
    expect(matchesPattern('*é', 'café')).toBe(true)
    expect(matchesPattern('[é]', 'é')).toBe(false)
    expect(matchesPattern('[é][é]', 'é')).toBe(true)
    expect(matchesPattern('????', '🎉')).toBe(true)
    expect(matchesPattern('user:?', 'user:1')).toBe(true)
  })

  it('matches a key escaped by backslashes, and only that', () => {
    const text = fc.string({ unit: fc.constantFrom('*', '?', '[', ']', '\\', '^', '-', 'a', 'b') })
    fc.assert(
      fc.property(text, text, (key, other) => {
        const literal = key.replaceAll(/[*?[\]\\^-]/g, '\\$&')
        expect(matchesPattern(literal, key)).toBe(true)
        expect(matchesPattern(literal, other)).toBe(other === key)
      }),
    )
  })

  it('comes to the same by its texts as byte by byte', () => {
    const text = fc.string({ unit: fc.constantFrom('*', '*', '\\', 'a', 'a', 'b', '-', 'é', '\ud800') })
    fc.assert(
      fc.property(text, text, (pattern, rest) => {
        for (const key of [
          rest,
          rest.replaceAll('*', ''),
          pattern.replaceAll('*', rest),
          pattern.replaceAll('\\', ''),
        ]) {
          if (pattern === '*' || key === '') continue
          expect(matchesPattern(pattern, key), key).toBe(matchesBytes(Buffer.from(pattern), Buffer.from(key)))
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps patterns apart that are asked for in turns', () => {
    for (let round = 0; round < 3; round++) {
      expect(matchesPattern('user:*', 'user:1')).toBe(true)
      expect(matchesPattern('post:*', 'user:1')).toBe(false)
      expect(matchesPattern('user:?', 'user:1')).toBe(true)
    }
  })

  it.each([
    ['*a*a*a*a*a*a*b', 'a'.repeat(60)],
    ['*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*_', 'a'.repeat(60)],
    ['?*?*?*?*?*?*?*?*?*b', 'a'.repeat(60)],
  ])('takes microseconds for the hostile pattern %s', (pattern, key) => {
    const rounds = 1_000
    // CPU time: what else the machine does must not count.
    const start = process.cpuUsage()
    for (let round = 0; round < rounds; round++) {
      if (matchesPattern(pattern, key)) throw new Error('Expected no match')
    }
    const microseconds = process.cpuUsage(start).user / rounds

    expect(microseconds).toBeLessThan(100)
  })

  it('takes the product of the lengths at worst', () => {
    const start = process.cpuUsage()

    expect(matchesPattern(`${'*a'.repeat(2_000)}*b`, 'a'.repeat(4_000))).toBe(false)
    expect(matchesPattern(`*${'a'.repeat(2_000)}b`, 'a'.repeat(4_000))).toBe(false)
    expect(process.cpuUsage(start).user / 1_000).toBeLessThan(2_000)
  })
})
