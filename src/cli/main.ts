#!/usr/bin/env node
import '../support/node-version.js'

// Imported after the check: an old Node could not even link the modules of the command line.
await import('./run.js')
