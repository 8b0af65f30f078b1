import type { DeadLetter } from '../log/log.js'
import { decodeMessage } from '../message/wire/decode.js'
import { InvalidMessageError } from '../support/errors.js'
import { printable, timeOfStreamId } from './format.js'
import { describeInvalidation, printedMessage, type PrintedMessage } from './message-line.js'
import type { Output } from './output.js'
import { formatTable } from './table.js'

const columns = [
  { title: 'id' },
  { title: 'since' },
  { title: 'subscriber' },
  { title: 'host:pid' },
  { title: 'tries', align: 'right' },
  { title: 'action' },
  { title: 'what' },
  { title: 'error' },
] as const

/** Prints dead letters as a table, or one object each. */
export async function printDeadLetters(output: Output, letters: readonly DeadLetter[]): Promise<void> {
  if (output.json) {
    for (const letter of letters) await output.printJson(asJson(letter))
  } else if (letters.length === 0) {
    output.note('there are no dead letters')
  } else {
    await output.print(formatTable(columns, letters.map(cells), output))
  }
}

/** Prints one dead letter in full. */
export async function printDeadLetter(output: Output, letter: DeadLetter): Promise<void> {
  const { id, since, subscriber, service, tries, error, message } = asJson(letter)
  if (output.json) return output.printJson(asJson(letter))
  const fields = {
    id,
    since,
    subscriber,
    service: service ?? '-',
    'host:pid': placeOf(letter),
    tries: String(tries),
    error,
  }
  for (const [name, value] of Object.entries(fields)) {
    await output.print(`${output.style('bold', name.padEnd(10))}  ${printable(value)}`)
  }
  await output.print(`${output.style('bold', 'message')}\n${asText(message)}`)
}

interface DeadLetterJson extends Omit<DeadLetter, 'message'> {
  readonly since: string
  /** As text where it is no message. */
  readonly message: PrintedMessage | string
}

function asJson(letter: DeadLetter): DeadLetterJson {
  return { ...letter, since: timeOfStreamId(letter.id), message: readMessage(letter) }
}

function cells(letter: DeadLetter): string[] {
  const { id, since, subscriber, tries, error, message } = asJson(letter)
  const [action, what] =
    typeof message === 'string' ? ['', message.slice(0, 60)] : [message.action, describeInvalidation(message)]
  return [id, since, subscriber, placeOf(letter), String(tries), action, what, error]
}

/** Letters of earlier versions do not name their service, host and process. */
function placeOf({ host, pid }: DeadLetter): string {
  return host === undefined ? '-' : `${host}:${pid ?? '-'}`
}

function readMessage({ message }: DeadLetter): PrintedMessage | string {
  try {
    return printedMessage(decodeMessage(message), {})
  } catch (error) {
    if (error instanceof InvalidMessageError) return message
    throw error
  }
}

/** JSON escapes control characters by itself, but for those beyond ASCII. */
function asText(message: PrintedMessage | string): string {
  return typeof message === 'string'
    ? printable(message)
    : JSON.stringify(message, null, 2).split('\n').map(printable).join('\n')
}
