import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { beforeAll, expect, test } from 'vitest'
import { createProgram } from '../../../src/cli/command-line.js'
import { exitCodes } from '../../../src/cli/exit-codes.js'

const program = createProgram(process, () => Promise.resolve())
let sections: ReadonlyMap<string, string>

beforeAll(async () => {
  const page = await readFile(new URL('../../../docs/command-line.md', import.meta.url), 'utf8')
  const parts = page.split(/^## /m).slice(1)
  sections = new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]))
})

/** The commands that do something, without those that only lead to others. */
function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf)
}

/** As it is typed: `dead show <id>`. */
function titleOf(command: Command): string {
  const parents: string[] = []
  for (let each = command; each.parent; each = each.parent) parents.unshift(each.name())
  const wanted = command.registeredArguments.map((argument) => {
    const text = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${text}>` : `[${text}]`
  })
  return [...parents, ...wanted].join(' ')
}

/** The first cells of the table with this head, without it. */
function firstCells(title: string, head: 'option' | 'code'): string[] {
  const blocks = sections.get(title)?.split('\n\n') ?? []
  const rows = blocks.find((block) => block.startsWith(`| ${head} `))?.split('\n') ?? []
  return rows.filter((row) => row.startsWith('| `')).map((row) => row.split('`')[1] ?? '')
}

test('the page has a section for every command, and for no others', () => {
  const documented = [...sections.keys()].filter((title) => title.startsWith('`'))
  expect(documented.toSorted()).toEqual(
    leavesOf(program)
      .map((command) => `\`${titleOf(command)}\``)
      .toSorted(),
  )
})

test.each(leavesOf(program).map((command) => ({ command, title: titleOf(command) })))(
  'the section of `$title` has its options, and no others',
  ({ command, title }) => {
    const flags = command.options.map((option) => option.flags)
    expect(firstCells(`\`${title}\``, 'option').toSorted()).toEqual(flags.toSorted())
  },
)

test('the options of every command are those of the program', () => {
  const flags = [...program.options.map((option) => option.flags), '--help']
  expect(firstCells('Options of every command', 'option').toSorted()).toEqual(flags.toSorted())
})

test('the page and the help have every exit code, and no others', () => {
  const codes = Object.values(exitCodes).map(String)
  expect(firstCells('Exit codes', 'code')).toEqual(codes)
  let help = ''
  program.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
  const listed = /Exit codes:\n((?: {2}.*\n)+)/.exec(help)?.[1] ?? ''
  expect(listed.match(/^ {2}\d+/gm)?.map((code) => code.trim())).toEqual(codes)
})
