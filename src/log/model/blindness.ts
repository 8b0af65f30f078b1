import { ConfigurationError } from '../../support/errors.js'

/** The error of an option for failovers, if the server does not report its replication id. */
export function blindness(option: string, remedy: string): ConfigurationError {
  return new ConfigurationError(
    `\`${option}\` sees no failover: the server does not tell its replication id; give the user the right to INFO, or ${remedy}`,
  )
}

/** The error of a subscriber on a replica without `readReplica`. */
export function replicaError(server: string | undefined): ConfigurationError {
  return new ConfigurationError(
    `Expected ${server ?? 'the server'} to be the primary, but it is a replica: it can't know what it lacks, so \`verifiedAt\` stays and \`caughtUp()\` waits. Connect to the primary, or set \`readReplica\` to use a replica on purpose`,
  )
}
