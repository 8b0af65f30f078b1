import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

const root = new URL('../../../', import.meta.url)

/** A file of the repository, by its path from the root. */
export function repositoryFile(path: string): URL {
  return new URL(path, root)
}

export function readText(path: string): string {
  return readFileSync(repositoryFile(path), 'utf8')
}

export function readYaml(path: string): unknown {
  return parse(readText(path))
}

type Path = readonly (string | number)[]

/** What stands at a path inside a parsed file; undefined where there is nothing. */
export function valueAt(parsed: unknown, ...path: Path): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), parsed)
}

export function textAt(parsed: unknown, ...path: Path): string {
  const value = valueAt(parsed, ...path)
  if (typeof value !== 'string') throw new Error(`Expected text at ${path.join('.')}, got ${JSON.stringify(value)}`)
  return value
}

export function numberAt(parsed: unknown, ...path: Path): number {
  const value = valueAt(parsed, ...path)
  if (typeof value !== 'number') throw new Error(`Expected a number at ${path.join('.')}, got ${JSON.stringify(value)}`)
  return value
}

/** A list; an empty one where there is nothing. */
export function listAt(parsed: unknown, ...path: Path): readonly unknown[] {
  const value = valueAt(parsed, ...path) ?? []
  if (!Array.isArray(value)) throw new Error(`Expected a list at ${path.join('.')}, got ${JSON.stringify(value)}`)
  return value
}

/** The members of a record; none where there is nothing. */
export function entriesAt(parsed: unknown, ...path: Path): readonly [name: string, value: unknown][] {
  const value = valueAt(parsed, ...path) ?? {}
  if (!isRecord(value)) throw new Error(`Expected a record at ${path.join('.')}, got ${JSON.stringify(value)}`)
  return Object.entries(value)
}

function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null
}
