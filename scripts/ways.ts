/** Lists the files and functions of `src` that a message runs through. `--help` lists the options. */
import { measureWays } from '../test/support/ways/measure-ways.js'
import { countedLines, type RanFile, recordFiles, type Way } from '../test/support/ways/way.js'
import { readOptions } from './read-options.js'
import { runProgram } from './run-program.js'

interface WaysOptions {
  readonly record: boolean
  readonly json: boolean
}

const help = `Lists the files of src that run for a warm publish(), a live delivery and a replay, with their lines and the
functions that ran, over a Redis of its own.

  npm run ways -- [options]

  --record  write the names of the counted files to test/support/ways/ways.json, which \`npm test\` compares with
  --json    print the result as one JSON object
  --help    print this
`

await runProgram({ name: 'ways', help, parse, run })

function parse(args: readonly string[]): WaysOptions | 'help' {
  const { record, json, help } = readOptions(args, {
    record: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  })
  return help ? 'help' : { record, json }
}

async function run({ record, json }: WaysOptions): Promise<number> {
  const ways = await measureWays()
  if (record) await recordFiles(ways)
  if (json) console.log(JSON.stringify({ ways: ways.map((way) => ({ ...way, totals: totalsOf(way) })) }, null, 2))
  else console.log(ways.map(textOf).join('\n\n'))
  return 0
}

function totalsOf(way: Way): { readonly files: number; readonly lines: number } {
  return { files: way.counted.length, lines: countedLines(way) }
}

function textOf(way: Way): string {
  const { files, lines } = totalsOf(way)
  return [
    `${way.name}: ${files} files, ${lines} lines`,
    ...way.counted.map(lineOf),
    `  not counted (support, telemetry and the public facades): ${way.apart.length} files`,
    ...way.apart.map(lineOf),
  ].join('\n')
}

function lineOf({ file, lines, functions }: RanFile): string {
  const names = functions.map(({ name, line }) => `${name}:${line}`).join(' ')
  return `${String(lines).padStart(6)}  ${file.padEnd(40)} ${names}`
}
