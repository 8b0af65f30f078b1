import type { DeadLetter } from '../message/dead-letter.js'
import { field, readFields, readText } from './replies.js'

/** A dead letter as the fields of a stream entry. */
export function deadLetterFields(letter: Omit<DeadLetter, 'id'>): string[] {
  const { message, error, subscriber, tries } = letter
  return ['message', message, 'error', error, 'subscriber', subscriber, 'tries', String(tries)]
}

/** Reads an entry of the dead-letter stream. */
export function readDeadLetter(reply: unknown): DeadLetter {
  const { id, fields } = readFields(reply)
  const text = (name: string): string => readText(field(fields, name) ?? '')
  return {
    id,
    message: text('message'),
    error: text('error'),
    subscriber: text('subscriber'),
    tries: Number(text('tries')) || 0,
  }
}
