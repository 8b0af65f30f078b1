/** What the command line asks for is no option, or has a value that it can't have. */
export class UsageError extends Error {}
