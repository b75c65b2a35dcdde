// Listening in: stereo PCM16 of 8 kHz from a WebSocket, played as it comes; the caller on the left.
const RATE = 8000, BEGIN_S = 0.2, MOST_S = 1.5;
const WHY = { 4404: "gone", 4503: "away", 4403: "refused", 1008: "refused" };

export class Ear {
  /** left, right: meters; changed(call, why): what is listened to now ("" for nothing) and why it ended. */
  constructor({ left, right, changed }) {
    Object.assign(this, { left, right, changed, call: "", heard: 0 });
  }

  listen(call) {
    this.#close();
    this.call = call;
    this.context = new AudioContext();
    this.next = 0;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const stream = this.stream = new WebSocket(`${scheme}://${location.host}/live/calls/${call}/sound`);
    stream.binaryType = "arraybuffer";
    stream.onmessage = (event) => this.#play(event.data);
    stream.onclose = (event) => { if (this.stream === stream) this.stop(WHY[event.code] ?? "away"); };
    this.changed(call, "");
  }

  stop(why = "") {
    this.#close();
    this.changed("", why);
  }

  #close() {
    const { stream, context } = this;
    this.stream = this.context = null;
    this.call = "";
    this.left.value = this.right.value = 0;
    stream?.close();
    context?.close();
  }

  #play(data) {
    const pcm = new Int16Array(data, 0, data.byteLength >> 1), samples = pcm.length >> 1;
    if (!samples || !this.context) return;
    const sound = this.context.createBuffer(2, samples, RATE), meters = [this.left, this.right];
    for (const side of [0, 1]) {
      const channel = sound.getChannelData(side);
      let sum = 0;
      for (let n = 0; n < samples; n++) { channel[n] = pcm[2 * n + side] / 32768; sum += channel[n] ** 2; }
      const db = 10 * Math.log10(sum / samples + 1e-9);
      meters[side].value = Math.min(1, Math.max(0, (db + 60) / 55));
    }
    this.heard += samples;
    this.left.dataset.heard = String(this.heard); // samples, for whoever looks whether sound comes
    const at = this.context.currentTime;
    if (this.next > at + MOST_S) return; // it came faster than it plays: what is too much is left out
    if (this.next < at) this.next = at + BEGIN_S;
    const source = this.context.createBufferSource();
    source.buffer = sound;
    source.connect(this.context.destination);
    source.start(this.next);
    this.next += sound.duration;
  }
}
