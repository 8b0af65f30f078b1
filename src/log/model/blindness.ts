import { ConfigurationError } from '../../support/errors.js'

/** The error of an option for failovers, if the server does not report its replication id. */
export function blindness(option: string, remedy: string): ConfigurationError {
  return new ConfigurationError(
    `\`${option}\` sees no failover: the server does not tell its replication id; give the user the right to INFO, or ${remedy}`,
  )
}
