import type { Redis } from 'ioredis'

const prefix = 'cache-invalidation-demo'
const maxRuns = 100
/** Longer than it takes to name the connection. */
const claimMs = 10_000

/**
 * Finds a channel that no demo on this Redis uses: `cache-invalidation-demo:1`, unless another run is under way there.
 * Names of spans and logs begin with it, so runs one after another share them and do not fill the lists of a trace viewer.
 * A connection with the name of the channel holds it: a run that is killed gives it up.
 */
export async function claimChannel(control: Redis): Promise<string> {
  for (let run = 1; run <= maxRuns; run++) {
    const channel = `${prefix}:${run}`
    if ((await control.set(`${channel}:claim`, '1', 'PX', claimMs, 'NX')) === null) continue
    if (await isUsed(control, channel)) continue
    await control.client('SETNAME', channel)
    // Of a run that was killed.
    await removeKeys(control, channel)
    return channel
  }
  throw new Error(`Expected fewer than ${maxRuns} demos on this Redis: end some, or use another Redis`)
}

/** Removes the keys of a channel's log and caches. */
export async function removeKeys(control: Redis, channel: string): Promise<void> {
  for await (const keys of control.scanStream({ match: `*${channel}[:}]*`, count: 1_000 })) {
    if (Array.isArray(keys) && keys.length > 0) await control.unlink(...keys.map(String))
  }
}

async function isUsed(control: Redis, channel: string): Promise<boolean> {
  const clients = String(await control.client('LIST')).split('\n')
  return clients.some((client) => client.includes(` name=${channel} `) || client.includes(` name=${channel}:`))
}
