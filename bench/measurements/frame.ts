import { frameForms } from '../frame/forms.js'
import { freshIds, idKinds } from '../frame/ids.js'
import { RedisCost } from '../frame/redis-cost.js'
import type { CaseWithRedis, Measurement, Size } from '../measurement.js'
import { Worker } from '../workers/worker.js'

const messagesPerFrame = 380

/** How many frames: at first, to get the code compiled, and in each run. */
const frames: Readonly<Record<Size, { readonly warmUp: number; readonly measured: number }>> = {
  full: { warmUp: 500, measured: 500 },
  default: { warmUp: 300, measured: 100 },
  smoke: { warmUp: 1, measured: 2 },
}

/**
 * Each frame is of new messages: V8 keeps short texts that it has read. Each form is written and read in a process of its
 * own, and appended by the process of the bench.
 */
export const frame: Measurement = {
  name: 'frame',
  title: `Frame: what a message takes, ${messagesPerFrame} in a frame`,
  figures: [
    { name: 'frame_bytes', title: 'in the frame', unit: 'bytes', better: 'lower' },
    { name: 'write_ns', title: 'to prepare and pack', unit: 'ns', better: 'lower' },
    { name: 'read_ns', title: 'to read', unit: 'ns', better: 'lower' },
    { name: 'redis_us', title: 'main thread of Redis', unit: 'µs', better: 'lower' },
    { name: 'stream_bytes', title: 'in the stream', unit: 'bytes', better: 'lower' },
  ],
  cases: (size) =>
    idKinds.map(({ name: ids, characters }): CaseWithRedis => ({
      name: `ids: ${ids}`,
      parameters: { messages_per_frame: messagesPerFrame, id_characters: characters },
      redis: [],
      async open({ server: { url }, resources }) {
        const { warmUp, measured } = frames[size]
        return Promise.all(
          frameForms.map(async (form) => {
            const worker = resources.use(await Worker.start('frame.ts', [form.name, ids]))
            await worker.ask(warmUp, messagesPerFrame)
            const redis = await RedisCost.open(form, url, resources)
            const nextId = freshIds(ids)
            return {
              name: form.name,
              title: form.title,
              async run() {
                const [bytes = NaN, writeNs = NaN, readNs = NaN] = await worker.ask(measured, messagesPerFrame)
                const cost = await redis.measure(nextId, { frames: measured, messagesPerFrame })
                return {
                  figures: {
                    ...(form.isWrittenByOurs === true ? {} : { frame_bytes: bytes, write_ns: writeNs }),
                    read_ns: readNs,
                    redis_us: cost.us,
                    stream_bytes: cost.bytes,
                  },
                }
              },
            }
          }),
        )
      },
    })),
}
