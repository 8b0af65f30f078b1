import { expect, test } from 'vitest'
import { script } from '../../../../src/log/redis/scripts/script.js'
import { ScriptCalls } from '../../../../src/log/redis/session-calls.js'

const append = script('append')

/** A server that answers calls in order, each when it is asked to. */
class Server {
  isKnown = false
  connection = 0
  readonly ran: string[] = []
  readonly commands: string[] = []
  readonly #waiting: (() => void)[] = []
  readonly calls = new ScriptCalls(
    (command, ...args) =>
      new Promise((resolve, reject) => {
        this.#waiting.push(() => {
          this.commands.push(command)
          if (command === 'evalsha' && !this.isKnown) {
            reject(Object.assign(new Error('NOSCRIPT No matching script'), { name: 'ReplyError' }))
            return
          }
          this.isKnown = true
          this.ran.push(args.at(-1) ?? '')
          resolve('ran')
        })
      }),
    () => this.connection,
  )

  run(...names: readonly string[]): void {
    for (const name of names) void this.calls.run(append, [], [name], (reply) => reply)
  }

  /** Answers so many calls; by default all, and those that follow from their replies. */
  async answer(count = Infinity): Promise<void> {
    for (let answered = 0; answered < count; answered++) {
      const next = this.#waiting.shift()
      if (!next) return
      next()
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    }
  }
}

test('a script is sent as its text until it has run, and by its digest from then on', async () => {
  const server = new Server()
  server.run('a', 'b')
  await server.answer()
  server.run('c')
  await server.answer()
  expect(server.commands).toEqual(['eval', 'eval', 'evalsha'])
})

test('no call overtakes another where some other client makes the script known meanwhile', async () => {
  const server = new Server()
  server.run('a')
  await server.answer()
  // The server restarts, and has forgotten all scripts.
  server.connection = 1
  server.isKnown = false
  server.run('b', 'c', 'd')
  await server.answer(1)
  server.isKnown = true
  await server.answer()
  expect(server.ran).toEqual(['a', 'b', 'c', 'd'])
})

test('calls keep their order where the server forgets the script', async () => {
  const server = new Server()
  server.run('a')
  await server.answer()
  server.isKnown = false
  server.run('b', 'c')
  await server.answer(1)
  server.run('d')
  await server.answer()
  expect(server.ran).toEqual(['a', 'b', 'c', 'd'])
})
