import { parseArgs } from 'node:util'

export interface CommandLine {
  /** Whether results are asked for as JSON. */
  readonly json: boolean
  /** The arguments that are no options. */
  readonly names: readonly string[]
}

/** Reads the arguments of a script. Ends the process for `--help`, and with 2 where one is none of those expected. */
export function readCommandLine(usage: string, expected: { readonly names: boolean }): CommandLine {
  try {
    const { values, positionals } = parseArgs({
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
      allowPositionals: expected.names,
    })
    if (!values.help) return { json: values.json, names: positionals }
    process.stdout.write(`${usage}\n`)
  } catch (error) {
    exitWithUsage(error instanceof Error ? error.message : String(error), usage)
  }
  process.exit(0)
}

/** Says what is wrong with the arguments and how they should be, and ends the process with 2. */
export function exitWithUsage(message: string, usage: string): never {
  process.stderr.write(`${message}\n\n${usage}\n`)
  process.exit(2)
}
