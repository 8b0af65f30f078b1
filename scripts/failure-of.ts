/** What went wrong, if anything did: so that what was found until then can still be told. */
export async function failureOf(running: Promise<unknown>): Promise<Error | undefined> {
  try {
    await running
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
