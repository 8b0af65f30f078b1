/** HTML or SVG that can stand as it is. Only {@link markup} and {@link verbatim} make some. */
export class Markup {
  readonly #text: string

  /** @internal use {@link markup} or {@link verbatim} */
  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** What a template can hold: text and numbers are escaped, markup stands as it is, undefined is nothing. */
export type Content = string | number | Markup | undefined | readonly Content[]

/** Makes markup of a template, with all text in it escaped. */
export function markup(strings: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const rest = contents.map((content, index) => textOf(content) + (strings[index + 1] ?? ''))
  return new Markup((strings[0] ?? '') + rest.join(''))
}

/** For text that is no data, such as a style sheet. */
export function verbatim(text: string): Markup {
  return new Markup(text)
}

function textOf(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Markup) return content.toString()
  if (typeof content === 'string' || typeof content === 'number') return escape(String(content))
  return content.map(textOf).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
