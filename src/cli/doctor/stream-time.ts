/** When the entry of a stream ID was appended, in ms since the epoch by the server's clock. */
export function timeOf(streamId: string): number {
  return Number(streamId.split('-')[0])
}
