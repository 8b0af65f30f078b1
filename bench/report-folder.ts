import { access, constants, mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../scripts/usage-error.js'
import { describeThrown, hasCode } from '../src/support/thrown.js'

/**
 * Makes the folder of a report, where it is not there yet.
 *
 * @throws UsageError where nothing can be written to it
 */
export async function prepareReportFolder(folder: string): Promise<void> {
  try {
    await makeFolder(resolve(folder))
    // With the dot, a file under that name is refused as well.
    await access(`${resolve(folder)}/.`, constants.W_OK)
  } catch (error) {
    throw new UsageError(
      `Expected --out to be a folder that can be written to, got \`${folder}\`: ${describeThrown(error)}`,
    )
  }
}

/** Not by `recursive`: where a folder can't be made though its parent is there, as below /proc, Node tries for ever. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return
    if (!hasCode(error, 'ENOENT') || dirname(folder) === folder) throw error
    await makeFolder(dirname(folder))
    await mkdir(folder)
  }
}
