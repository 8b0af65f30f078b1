/**
 * Buckets for latencies: each octave, from one power of two to the next, is cut into 64 of equal width, so that the
 * middle of a bucket differs from what fell into it by less than 0.8 %. In a double they are the exponent with the
 * first six bits of the mantissa, so finding one takes no logarithm and no search.
 */
const bitsPerOctave = 6
/** From 2⁻¹⁰ ms, about a microsecond, up to 2²² ms, which is 70 minutes; what lies outside falls into the outermost. */
const firstOctave = -10
const octaves = 32

export const bucketCount = octaves << bitsPerOctave

/** What is left of the upper half of a double behind those bits. */
const shift = 20 - bitsPerOctave
const exponentBias = 1023
const firstBits = (exponentBias + firstOctave) << bitsPerOctave

const double = new DataView(new ArrayBuffer(8))

/** The bucket of a latency in ms that is not negative. */
export function bucketOf(ms: number): number {
  double.setFloat64(0, ms)
  const bucket = (double.getUint32(0) >>> shift) - firstBits
  if (bucket < 0) return 0
  return bucket < bucketCount ? bucket : bucketCount - 1
}

/** The middle of a bucket, in ms. */
export function middleOf(bucket: number): number {
  double.setUint32(0, ((bucket + firstBits) << shift) | (1 << (shift - 1)))
  double.setUint32(4, 0)
  return double.getFloat64(0)
}
