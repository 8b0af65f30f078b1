import { ours } from '../../summaries.js'

/** The class by which the style sheet colours a variant: ours stands out, and the others are told apart by their labels. */
export function seriesClass(variant: string): string {
  if (variant === ours) return 'ours'
  return variant === 'xread' ? 'second' : 'baseline'
}
