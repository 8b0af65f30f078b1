import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const rules = await readFile(new URL('.dependency-cruiser.js', root), 'utf8')
const page = await readFile(new URL('CONTRIBUTING.md', root), 'utf8')

/** The rooms of each floor, ground first, as the rules of imports have them. */
function floorsOfRules(): string[][] {
  const [, lines = ''] = /^const floors = \[\n([^]*?)^\]/m.exec(rules) ?? []
  return lines
    .trim()
    .split('\n')
    .map((line) => Array.from(line.matchAll(/'([^']+)'/g), ([, room = '']) => room))
}

/** The rooms of each floor, by its number, as the map has them: rows without a number belong to the floor above. */
function floorsOfMap(): Map<number, string[]> {
  const [, rows = ''] = /^\| floor \| room .*\n\|[ -|]*\n((?:\|.*\n)+)/m.exec(page) ?? []
  const floors = new Map<number, string[]>()
  let floor = 0
  for (const row of rows.trim().split('\n')) {
    const [, number = '', rooms = ''] = row.split('|')
    floor = Number(number) || floor
    const listed = Array.from(rooms.matchAll(/`([^`]+)`/g), ([, room = '']) => room)
    floors.set(floor, [...(floors.get(floor) ?? []), ...listed])
  }
  return floors
}

test('the map of CONTRIBUTING.md has the floors of the rules, with their numbers and rooms, in their order', () => {
  const floors = floorsOfRules()
  expect(floors.length).toBeGreaterThan(5)
  const map = floorsOfMap()
  expect([...map.keys()]).toEqual(floors.map((_, index) => index + 1))
  for (const [index, rooms] of floors.entries()) {
    const mapped = map.get(index + 1) ?? []
    expect(mapped.filter((room) => rooms.includes(room))).toEqual(rooms)
    // A room inside a room of the floor may have a row of its own.
    expect(mapped.filter((room) => !rooms.some((each) => room.startsWith(each)))).toEqual([])
  }
})
