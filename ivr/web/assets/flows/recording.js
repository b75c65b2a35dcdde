// The microphone as a WAV file: MediaRecorder takes it, the browser decodes it, 16-bit samples go into the file.

const RATE = 48_000;

export class Recording {
  /** Rejects without a microphone or the leave to use it. */
  static async begin() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false } });
    const made = new Recording();
    made.parts = [];
    made.recorder = new MediaRecorder(stream);
    made.recorder.ondataavailable = (event) => made.parts.push(event.data);
    made.recorder.start();
    return made;
  }

  /** A Blob of type audio/wav: what was said since the beginning. */
  async stop() {
    const ended = new Promise((resolve) => { this.recorder.onstop = resolve; });
    this.recorder.stop();
    await ended;
    for (const track of this.recorder.stream.getTracks()) track.stop();
    const data = await new Blob(this.parts, { type: this.recorder.mimeType }).arrayBuffer();
    const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(data);
    return wav(mono(sound), RATE);
  }
}

function mono(sound) {
  const mixed = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel++) {
    const samples = sound.getChannelData(channel);
    for (let n = 0; n < mixed.length; n++) mixed[n] += samples[n] / sound.numberOfChannels;
  }
  return mixed;
}

/** RIFF/WAVE, mono PCM16. */
export function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const write = (at, text) => [...text].forEach((it, n) => view.setUint8(at + n, it.charCodeAt(0)));
  write(0, "RIFF"); view.setUint32(4, 36 + samples.length * 2, true); write(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, rate * 2, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  write(36, "data"); view.setUint32(40, samples.length * 2, true);
  for (let n = 0; n < samples.length; n++) view.setInt16(44 + n * 2, Math.max(-1, Math.min(1, samples[n])) * 32767, true);
  return new Blob([view.buffer], { type: "audio/wav" });
}
