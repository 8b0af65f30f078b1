import fc from 'fast-check'

const letters = ['a', 'b', 'c']
// Redis compares signed bytes on x86 and unsigned ones elsewhere; only a range from ASCII to beyond can tell.
const beyondAscii = process.arch === 'x64' ? ['é', 'ÿ', '🎉'] : []
const odd = ['-', '^', ']', '[', '\\', '!', '\n', '\0', ' ', ...beyondAscii]

const symbol = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...letters) },
  { weight: 2, arbitrary: fc.constantFrom(...odd) },
)
const pattern = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: symbol },
      { weight: 3, arbitrary: fc.constantFrom('*', '?') },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          '[abc]',
          '[^a]',
          '[a-c]',
          '[c-a]',
          '[]',
          '[^]',
          '[^',
          '[',
          '[a-',
          '[a-]',
          '[-',
          '\\',
        ),
      },
      { weight: 1, arbitrary: fc.tuple(symbol, symbol).map(([from, to]) => `[${from}-${to}]`) },
    ),
    { maxLength: 8 },
  )
  .map((elements) => elements.join(''))
const key = fc.oneof(
  { weight: 3, arbitrary: fc.array(symbol, { maxLength: 5 }).map((symbols) => symbols.join('')) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 3 }).map((all) => all.join('')),
  },
)
/** A glob and a key. Some keys are the pattern with its stars and classes filled in: random ones alone would seldom match. */
export const globAndKey = fc.oneof(
  fc.tuple(pattern, key),
  fc.tuple(pattern, key, symbol).map(([globbed, part, one]): [string, string] => [
    globbed,
    globbed
      .replaceAll('*', part)
      .replaceAll(/\[[^\]]*\]?|\?/g, one)
      .replaceAll('\\', ''),
  ]),
)
