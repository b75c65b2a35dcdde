// The telephone: microphone to frames of 20 ms of 8 kHz µ-law, and such frames to the loudspeaker. Runs on the browser's
// own thread for sound, so a busy page does not tear it.
import { encode, VALUES } from "./call_here/mulaw.js";
import { Playback } from "./call_here/playback.js";
import { Resampler } from "./call_here/resampler.js";

const RATE = 8000, FRAME = 160;

class Telephone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.down = new Resampler(sampleRate, RATE);
    this.up = new Resampler(RATE, sampleRate);
    this.said = new Float32Array(FRAME);
    this.filled = 0;
    this.heard = new Float32Array(FRAME);
    this.loudness = 0;
    this.playback = new Playback();
    this.port.onmessage = (event) => this.playback.put(new Uint8Array(event.data));
  }

  process(inputs, outputs) {
    const near = inputs[0][0], far = outputs[0][0];
    this.down.write(near ?? new Float32Array(far.length)); // a microphone that is muted gives nothing
    for (;;) {
      this.filled += this.down.read(this.said, this.filled);
      if (this.filled < FRAME) break;
      this.send();
    }
    for (let made = 0; (made += this.up.read(far, made)) < far.length; ) this.next();
    return true;
  }

  send() {
    const codes = new Uint8Array(FRAME);
    for (let n = 0; n < FRAME; n++) codes[n] = encode(this.said[n]);
    this.port.postMessage({ frame: codes.buffer, said: level(this.said), heard: this.loudness }, [codes.buffer]);
    this.filled = 0;
  }

  next() {
    const codes = this.playback.take();
    for (let n = 0; n < FRAME; n++) this.heard[n] = codes ? VALUES[codes[n]] : 0;
    this.loudness = level(this.heard);
    this.up.write(this.heard);
  }
}

/** 0 to 1: -60 dB and less to 0 dB of full scale. */
function level(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.max(0, 1 + Math.log10(sum / samples.length + 1e-9) / 6);
}

registerProcessor("telephone", Telephone);
