import { anchorScript } from './anchor.js'
import { announceScript } from './announce.js'
import { appendScript } from './append.js'
import { lookupScript } from './lookup.js'
import { readPageScript } from './read-page.js'
import { readScript } from './read.js'
import { saveCursorScript } from './save-cursor.js'
import type { Script } from './script.js'

/** All scripts: each connection loads them before it counts as up. */
export const scripts: readonly Script[] = [
  appendScript,
  anchorScript,
  lookupScript,
  saveCursorScript,
  announceScript,
  readScript,
  readPageScript,
]
