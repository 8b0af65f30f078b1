import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const inRoot = (await readdir(root)).filter((file) => file.endsWith('.md'))
const inDocs = (await readdir(new URL('docs/', root), { recursive: true })).filter((file) => file.endsWith('.md'))
const pages = await Promise.all([...inRoot, ...inDocs.map((file) => `docs/${file}`)].map(readPage))

interface Page {
  readonly file: string
  readonly url: URL
  /** Without code blocks: what is in them is neither a heading nor a link. */
  readonly text: string
}

async function readPage(file: string): Promise<Page> {
  const url = new URL(file, root)
  const text = await readFile(url, 'utf8')
  return { file, url, text: text.replaceAll(/^( *)(`{3,}|~{3,})[^]*?^\1\2$/gm, '') }
}

/** The targets of links and images, in Markdown and in HTML, inside the project. */
function linksOf({ text }: Page): string[] {
  const withoutCode = text.replaceAll(/`[^`\n]*`/g, '')
  const found = withoutCode.matchAll(/\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]: (\S+)|\b(?:href|src)="([^"]+)"/gm)
  return Array.from(found, ([, inline, reference, html]) => inline ?? reference ?? html ?? '').filter(
    (target) => !/^[a-z]+:/.test(target),
  )
}

/** The anchors of a page as GitHub names them: those of its headings, and ids in HTML. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set(Array.from(text.matchAll(/\b(?:id|name)="([^"]+)"/g), ([, id = '']) => id))
  const seen = new Map<string, number>()
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.+?)(?: +#+)?$/gm)) {
    const shown = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').trim()
    const slug = shown
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    const before = seen.get(slug) ?? 0
    seen.set(slug, before + 1)
    anchors.add(before === 0 ? slug : `${slug}-${before}`)
  }
  return anchors
}

/** Whether there is such a file and, in a page of the project, such an anchor. */
function leadsSomewhere(from: Page, target: string): boolean {
  const url = new URL(target, from.url)
  const anchor = decodeURIComponent(url.hash.slice(1))
  url.hash = ''
  if (!existsSync(fileURLToPath(url))) return false
  const page = pages.find((each) => each.url.href === url.href)
  return anchor === '' || page === undefined || anchorsOf(page.text).has(anchor)
}

test.each(pages)('every link of $file to a file or a heading of the project has a target', (page) => {
  expect(linksOf(page).filter((target) => !leadsSomewhere(page, target))).toEqual([])
})

test('links are found, and headings have the anchors of GitHub', () => {
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(200)
  const headings = '# `publish()`, in order\n\n## A. [Link](to.md) _b_\n\n## Twice\n\n### Twice\n\n<a id="here"></a>\n'
  expect([...anchorsOf(headings)]).toEqual(['here', 'publish-in-order', 'a-link-_b_', 'twice', 'twice-1'])
})
