// One rate to another, sample by sample: a windowed sinc (Hann) whose pass band ends a little below half the lower rate.
const CROSSINGS = 10, PHASES = 128, PASS = 0.92;

export class Resampler {
  constructor(from, to) {
    this.step = from / to;
    const cut = Math.min(1, to / from) * PASS;
    this.half = Math.ceil(CROSSINGS / cut);
    this.taps = kernel(cut, this.half);
    this.kept = new Float32Array(4096);
    this.length = this.half; // silence before the first sample
    this.at = this.half - 1;
  }

  /** Take samples of the first rate. */
  write(samples) {
    if (this.length + samples.length > this.kept.length) {
      const larger = new Float32Array((this.length + samples.length) * 2);
      larger.set(this.kept);
      this.kept = larger;
    }
    this.kept.set(samples, this.length);
    this.length += samples.length;
  }

  /** Fill `out` from `start` on with samples of the second rate; returns how many there were. */
  read(out, start = 0) {
    let made = 0;
    while (start + made < out.length) {
      let first = Math.floor(this.at);
      let phase = Math.round((this.at - first) * PHASES);
      if (phase === PHASES) [first, phase] = [first + 1, 0];
      if (first + this.half >= this.length) break;
      const width = this.half * 2, row = phase * width, begin = first - this.half + 1;
      let sum = 0;
      for (let n = 0; n < width; n++) sum += this.kept[begin + n] * this.taps[row + n];
      out[start + made++] = sum;
      this.at += this.step;
    }
    const done = Math.floor(this.at) - this.half;
    if (done > 1024) {
      this.kept.copyWithin(0, done, this.length);
      this.length -= done;
      this.at -= done;
    }
    return made;
  }
}

function kernel(cut, half) {
  const taps = new Float32Array(PHASES * half * 2);
  for (let phase = 0; phase < PHASES; phase++) {
    for (let n = 0; n < half * 2; n++) {
      const x = n - half + 1 - phase / PHASES;
      const angle = Math.PI * cut * x;
      const sinc = x === 0 ? 1 : Math.sin(angle) / angle;
      taps[phase * half * 2 + n] = Math.abs(x) < half ? cut * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / half)) : 0;
    }
  }
  return taps;
}
