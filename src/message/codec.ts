/** The codec, as the other floors use it: its parts are in `encode`, `decode` and `frame`. */
export { decodeMessage } from './decode.js'
export { encodeMessage, encodeWithTrace, prepareMessage } from './encode.js'
export type { MessageDefaults, PreparedMessage } from './prepared-message.js'
export { maxMessageBytes } from './limits.js'
export { decodeFrame, encodeFrame } from './frame.js'
export { isSampled, maxTraceLinks, traceLinksBytes, withTraceLinks } from './trace-context.js'
export type { TraceContext } from './trace-context.js'
export type { DecodedFrame } from './decoded-frame.js'
