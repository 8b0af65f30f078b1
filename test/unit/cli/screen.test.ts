import { expect, test } from 'vitest'
import { Screen } from '../../../src/cli/screen.js'

const escape = '\u001b['

test('a screen draws what fits, in place of what was there, and leaves the terminal as it was', async () => {
  let written = ''
  const write = (text: string): Promise<void> => {
    written += text
    return Promise.resolve()
  }
  const screen = await Screen.open({ size: { columns: 5, rows: 3 }, write })
  expect(written).toBe(`${escape}?1049h${escape}?25l`)
  written = ''
  await screen.draw(`${escape}1mabcde${escape}22m\n${escape}1mabcdef${escape}22m\nab\nnot shown`)
  expect(written).toBe(`${escape}H${escape}1mabcde${escape}22m${escape}K\r\nabcd…${escape}K\r\nab${escape}K${escape}J`)
  written = ''
  await screen.close()
  expect(written).toBe(`${escape}?25h${escape}?1049l`)
})
