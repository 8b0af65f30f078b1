/** The codec, as the other floors use it: its parts are in `encode`, `decode` and `frame`. */
export { decodeMessage } from './decode.js'
export { encodeMessage, prepareMessage } from './encode.js'
export type { MessageDefaults, PreparedMessage } from './encode.js'
export { decodeFrame, encodeFrame } from './frame.js'
export type { DecodedFrame } from './frame.js'
