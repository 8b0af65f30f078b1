import { readFile, writeFile } from 'node:fs/promises'

/** The digest of each seed. */
export type Digests = ReadonlyMap<number, string>

/** One line for each seed, in order: `seed digest`. */
export function linesOf(digests: Digests): string {
  const lines = [...digests].sort(([one], [other]) => one - other).map(([seed, digest]) => `${seed} ${digest}\n`)
  return lines.join('')
}

export async function writeDigests(file: string, digests: Digests): Promise<void> {
  await writeFile(file, linesOf(digests))
}

/** @throws Error that names the line which is not `seed digest` */
export async function readDigests(file: string): Promise<Digests> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  return new Map(lines.map((line) => parseLine(line, file)))
}

function parseLine(line: string, file: string): [number, string] {
  const [, seed, digest] = /^(\d+) ([0-9a-f]{12})$/.exec(line) ?? []
  if (seed !== undefined && digest !== undefined) return [Number(seed), digest]
  throw new Error(`Expected lines such as \`7 0123456789ab\` in ${file}, got \`${line}\``)
}

/** The seeds whose digest is another one than the recorded, or is not recorded. */
export function differing(digests: Digests, recorded: Digests): number[] {
  const differ = [...digests].filter(([seed, digest]) => recorded.get(seed) !== digest)
  return differ.map(([seed]) => seed).sort((one, other) => one - other)
}
