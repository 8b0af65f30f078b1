import { redisBusDriver } from 'bentocache/drivers/redis'

/** A bus over Redis, and a promise for its subscription, which bentocache itself does not wait for. */
export function openBus(url: string) {
  const { hostname: host, port } = new URL(url)
  const bus = redisBusDriver({ connection: { host, port: Number(port) } })
  const subscribed = Promise.withResolvers<undefined>()
  const driver = {
    ...bus,
    factory(config: unknown) {
      const transport = bus.factory(config)
      const subscribe = transport.subscribe.bind(transport)
      transport.subscribe = async (...args) => {
        await subscribe(...args)
        subscribed.resolve(undefined)
      }
      return transport
    },
  }
  return { driver, subscribed: subscribed.promise }
}
