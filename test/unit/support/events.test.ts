import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ErrorEvents, TypedEmitter } from '../../../src/support/events.js'

interface Events extends ErrorEvents {
  told: [word: string, times: number]
}

function recordWarnings(): string[] {
  const warnings: string[] = []
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    warnings.push(String(warning))
  })
  return warnings
}

function recordingLogger() {
  const errors: string[] = []
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: (message: string) => void errors.push(message) }
  return { errors, logger }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('an emitter', () => {
  it('tells its listeners, each as often as it asked to', () => {
    const emitter = new TypedEmitter<Events>()
    const always: string[] = []
    const once: string[] = []
    const listener = (word: string, times: number): void => {
      always.push(`${word} ${times}`)
    }
    emitter.on('told', listener).once('told', (word) => once.push(word))
    emitter.emit('told', 'a', 1)
    emitter.emit('told', 'b', 2)
    emitter.off('told', listener)
    emitter.emit('told', 'c', 3)
    expect(always).toEqual(['a 1', 'b 2'])
    expect(once).toEqual(['a'])
  })

  it('turns an error without a listener into a process warning', () => {
    const warnings = recordWarnings()
    new TypedEmitter<Events>().emit('error', new TypeError('broken'))
    expect(warnings).toEqual(['TypeError: broken'])
  })

  it('tells its logger of errors, with a listener and without', () => {
    const warnings = recordWarnings()
    const { errors, logger } = recordingLogger()
    const emitter = new TypedEmitter<Events>(logger)
    emitter.emit('error', new Error('first'))
    const heard: Error[] = []
    emitter.on('error', (error) => heard.push(error))
    emitter.emit('error', new Error('second'))
    expect(errors).toEqual(['Error: first', 'Error: second'])
    expect(heard).toMatchObject([{ message: 'second' }])
    expect(warnings).toEqual([])
  })

  it('survives a listener that throws, and says so', () => {
    const warnings = recordWarnings()
    const { errors, logger } = recordingLogger()
    for (const emitter of [new TypedEmitter<Events>(), new TypedEmitter<Events>(logger)]) {
      emitter.on('told', () => {
        throw new RangeError('too much')
      })
      expect(() => {
        emitter.emit('told', 'a', 1)
      }).not.toThrow()
    }
    expect(warnings).toEqual(['A listener of "told" threw: RangeError: too much'])
    expect(errors).toEqual(['A listener of "told" threw: RangeError: too much'])
  })

  it('takes what is thrown that is no error', () => {
    const warnings = recordWarnings()
    const emitter = new TypedEmitter<Events>()
    emitter.on('told', () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- JavaScript lets users do so
      throw 'text'
    })
    emitter.emit('told', 'a', 1)
    expect(warnings).toEqual(['A listener of "told" threw: text'])
  })

  it('warns through its logger or, without one, through the process', () => {
    const warnings = recordWarnings()
    const { logger } = recordingLogger()
    new TypedEmitter<Events>(logger).warn('beware')
    expect(logger.warn).toHaveBeenCalledExactlyOnceWith('beware')
    expect(warnings).toEqual([])
    new TypedEmitter<Events>().warn('beware')
    expect(warnings).toEqual(['beware'])
  })
})
