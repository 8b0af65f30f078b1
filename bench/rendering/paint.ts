/** Styles a text, where what it is written to shows that. */
export type Paint = (style: 'bold' | 'dim' | 'red' | 'yellow' | 'green', text: string) => string

/** For what is no terminal. */
export const plain: Paint = (_style, text) => text
