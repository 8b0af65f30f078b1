import { ConfigurationError } from '../../support/errors.js'

/** What an option that is for failovers tells where the server does not say that one happened. */
export function blindness(option: string, remedy: string): ConfigurationError {
  return new ConfigurationError(
    `\`${option}\` sees no failover: the server does not tell its replication id; give the user the right to INFO, or ${remedy}`,
  )
}
