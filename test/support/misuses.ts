import { closingMisuses } from './misuses/closing.js'
import { configurationMisuses } from './misuses/configuration.js'
import { cursorMisuses } from './misuses/cursors.js'
import { handlerMisuses } from './misuses/handlers.js'
import { publishingMisuses } from './misuses/publishing.js'
import { redisMisuses } from './misuses/redis.js'
import { waitingMisuses } from './misuses/waiting.js'

/** Every misuse that docs/errors.md has a row for, by the test that commits it: it, too, stands in the row. */
export const misuses = {
  'test/unit/misuse.test.ts': [
    ...configurationMisuses,
    ...publishingMisuses,
    ...handlerMisuses,
    ...cursorMisuses,
    ...waitingMisuses,
    ...closingMisuses,
  ],
  'test/faults/misuse.test.ts': redisMisuses,
} as const
