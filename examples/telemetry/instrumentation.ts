/** Sets OpenTelemetry up as the `OTEL_*` variables say: `node --import ./instrumentation.js service.js`. */
import { NodeSDK } from '@opentelemetry/sdk-node'

export const sdk = new NodeSDK()

sdk.start()

// A service that closes on SIGTERM what it has open leaves nothing that keeps Node alive. Only then is everything
// recorded, also what was closed last.
process.once('beforeExit', () => void shutDown())

process.once('SIGTERM', () => {
  const isHandledByTheService = process.listenerCount('SIGTERM') > 0
  if (!isHandledByTheService) void shutDown().then(() => process.exit(143))
})

async function shutDown() {
  try {
    await sdk.shutdown()
  } catch (error) {
    console.error('OpenTelemetry could not send the last spans and metrics:', error)
  }
}
