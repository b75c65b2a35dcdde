// G.711 µ-law, as ITU-T has it: one byte a sample of 16 bits.

/** A sample from -1 to 1 as its code. */
export function encode(sample) {
  const value = Math.max(-32635, Math.min(32635, Math.round(sample * 32768)));
  const size = Math.abs(value) + 132;
  const exponent = 24 - Math.clz32(size);
  return ~((value < 0 ? 0x80 : 0) | (exponent << 4) | ((size >> (exponent + 3)) & 15)) & 255;
}

/** code -> sample. */
export const VALUES = Float32Array.from({ length: 256 }, (_, n) => {
  const code = ~n & 255;
  const size = ((((code & 15) << 3) + 132) << ((code >> 4) & 7)) - 132;
  return (code & 0x80 ? -size : size) / 32768;
});
