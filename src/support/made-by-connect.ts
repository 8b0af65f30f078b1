import { ConfigurationError } from './errors.js'

/** The options that `connect()` hands to a constructor: JavaScript does not know `private`, so anybody can call it. */
export class MadeByConnect<Options> {
  readonly options: Options

  constructor(options: Options) {
    this.options = options
  }
}

/**
 * The options that `connect()` resolved.
 *
 * @param example the call that opens a connection, beginning with the name of the class
 * @throws ConfigurationError for anything else: somebody called the constructor
 */
export function optionsOf<Options>(made: MadeByConnect<Options>, example: string): Options {
  const given: unknown = made
  if (given instanceof MadeByConnect) return made.options
  const [name = ''] = example.split('.')
  throw new ConfigurationError(
    `Expected \`await ${example}\`, got \`new ${name}()\`: only \`connect\` opens a connection`,
  )
}
