import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const handedIn = 'Take it from the Runtime that was handed in: virtual time is only real if nothing goes past it.'

// The types of what the bench measures beside are there only once it has installed them.
const withoutTypes = globSync('bench/peers/*/package-lock.json', { cwd: import.meta.dirname })
  .map((lock) => dirname(lock))
  .filter((folder) => !existsSync(join(import.meta.dirname, folder, 'node_modules')))

/** Held everywhere; a block that restricts more syntax names these too. */
const restrictedSyntax = [
  { selector: 'ExportAllDeclaration', message: 'Name every export: what is public is then a decision.' },
  {
    selector:
      ':matches(ObjectExpression > SpreadElement > ObjectExpression, ArrayExpression > SpreadElement > ArrayExpression)',
    message: 'List the parts themselves: a literal spread into another only saves lines.',
  },
]

/** A value of another realm, as in Jest and `node:vm`, has a class of the same name, but not this one. */
const builtIns = [
  'Object|Function|Array|Date|RegExp|Map|Set|WeakMap|WeakSet|Promise|(Type|Range|Syntax|Reference|Aggregate)?Error',
  '\\w+Array|ArrayBuffer|Buffer|DataView|DOMException|URL|URLSearchParams|AbortSignal|AbortController|Event|EventTarget',
].join('|')
const ofThisRealm =
  'In Jest, Vitest and `node:vm` this is false for what Node makes: ask support/realms.ts or isError().'
const oneRealm = [
  {
    selector: `BinaryExpression[operator="instanceof"][right.name=/^(${builtIns})$/]`,
    message: ofThisRealm,
  },
  {
    selector: 'BinaryExpression[operator=/^[!=]==$/] > MemberExpression[property.name=/^(prototype|constructor)$/]',
    message: ofThisRealm,
  },
]

/** A constructor wires and does not decide: then it is short. */
const constructorLength = {
  meta: { type: 'suggestion', schema: [{ type: 'integer' }] },
  create(context) {
    const [limit] = context.options
    return {
      'MethodDefinition[kind="constructor"]'(node) {
        const lines = node.loc.end.line - node.loc.start.line + 1
        if (lines <= limit) return
        context.report({ node, message: `Expected a constructor of at most ${limit} lines, got ${lines}.` })
      },
    }
  },
}

export default defineConfig(
  // NestJS is not installed here: the matrix compiles its example.
  globalIgnores(['dist', 'coverage', 'examples/cache/nestjs.ts', ...withoutTypes]),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
      // `const { host, ...others } = options` is how a field is left out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],

      // Numbers read well in messages; everything else is turned into text on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `(resolve) => runtime.after(1, resolve)` is plain; it is a stored or returned void that misleads.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Off: the compiler believes a field unchanged across an await, and callers to be typed. Checks for a race, or of
      // what JavaScript hands in, look unnecessary to this rule.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Off: what does nothing does so on purpose.
      '@typescript-eslint/no-empty-function': 'off',

      'no-restricted-syntax': ['error', ...restrictedSyntax],

      // One statement a module, with its types marked in it; of types alone, the whole statement is.
      'no-duplicate-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      'sort-imports': ['error', { ignoreCase: true, ignoreDeclarationSort: true }],
      complexity: ['error', { max: 12, variant: 'modified' }],
      'max-params': ['error', 4],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { house: { rules: { 'constructor-length': constructorLength } } },
    rules: {
      'no-restricted-syntax': ['error', ...restrictedSyntax, ...oneRealm],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'max-lines': ['error', 400],
      'house/constructor-length': ['error', 40],
      'no-console': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/support/runtime.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'performance', 'crypto'].map((name) => ({
          name,
          message: handedIn,
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: handedIn },
        { object: 'Math', property: 'random', message: handedIn },
        { object: 'AbortSignal', property: 'timeout', message: handedIn },
        { object: 'process', property: 'hrtime', message: handedIn },
        { object: 'process', property: 'uptime', message: handedIn },
      ],
      'no-restricted-imports': [
        'error',
        ...['node:timers', 'node:timers/promises', 'node:perf_hooks'].map((name) => ({ name, message: handedIn })),
        { name: 'node:crypto', importNames: ['randomBytes', 'randomInt', 'randomUUID'], message: handedIn },
      ],
      'no-restricted-syntax': [
        'error',
        ...restrictedSyntax,
        ...oneRealm,
        { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: handedIn },
      ],
    },
  },
)
