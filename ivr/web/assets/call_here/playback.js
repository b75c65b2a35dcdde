// What the line says, on its way to the loudspeaker: frames come unevenly, one is taken every 20 ms.
const WANTED = 3, LIMIT = 15, WINDOW = 100;

export class Playback {
  constructor() {
    this.frames = [];
    this.filling = true;
    this.taken = 0;
    this.shortest = LIMIT;
  }

  put(frame) {
    this.frames.push(frame);
    if (this.frames.length > LIMIT) this.frames.splice(0, this.frames.length - WANTED); // after a stall: not late
  }

  /** The next frame; null: nothing is there in this moment. */
  take() {
    if (this.filling && this.frames.length < WANTED) return null;
    this.filling = this.frames.length === 0;
    if (this.filling) return null;
    const frame = this.frames.shift();
    this.shortest = Math.min(this.shortest, this.frames.length);
    if (++this.taken === WINDOW) {
      if (this.shortest > WANTED - 1) this.frames.shift(); // the loudspeaker's clock is slower than the line's
      this.taken = 0;
      this.shortest = LIMIT;
    }
    return frame;
  }
}
