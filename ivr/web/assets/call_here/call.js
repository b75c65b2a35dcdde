// One call: microphone, worklet and WebSocket. `told(state, why)` hears how it stands; `levels(said, heard)` 50 times a
// second.
const MICROPHONE = { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 } };
const WAITING = 20 * 160; // bytes that the network did not take: what is said then would be heard late

export class Call {
  constructor(worklet, { told, levels }) {
    this.worklet = worklet;
    this.told = told;
    this.levels = levels;
    this.over = false;
  }

  /** Ask for the microphone, then call. */
  async begin(line) {
    if (!navigator.mediaDevices || !window.AudioWorkletNode) return this.finish("insecure");
    this.told("asking");
    try {
      this.microphone = await navigator.mediaDevices.getUserMedia(MICROPHONE);
    } catch (error) {
      return this.finish(error.name === "NotAllowedError" ? "denied" : "none");
    }
    if (this.over) return this.finish("ended-caller");
    this.context = new AudioContext({ latencyHint: "interactive" });
    await this.context.audioWorklet.addModule(this.worklet);
    if (this.over) return this.finish("ended-caller");
    this.node = new AudioWorkletNode(this.context, "telephone", { outputChannelCount: [1] });
    this.node.port.onmessage = (event) => this.frame(event.data);
    const address = new URL(`/try/call?line=${encodeURIComponent(line)}`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.socket = new WebSocket(address);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => this.came(event.data);
    this.socket.onclose = (event) => this.finish(event.reason ? "refused" : "unreached", event.reason);
    await this.context.resume();
    this.context.createMediaStreamSource(this.microphone).connect(this.node).connect(this.context.destination);
  }

  press(key) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ key }));
  }

  hangUp() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ hang_up: true }));
    else if (this.socket) this.socket.close();
    else this.over = true;
  }

  frame({ frame, said, heard }) {
    const open = this.socket.readyState === WebSocket.OPEN;
    if (open && this.socket.bufferedAmount < WAITING) this.socket.send(frame);
    this.levels(said, heard);
  }

  came(data) {
    if (typeof data !== "string") return this.node.port.postMessage(data, [data]);
    const { state, call, by, reason, status } = JSON.parse(data);
    if (state !== "ended") return this.told(state, "", call);
    this.finish(status >= 300 ? "refused" : `ended-${by}`, reason);
  }

  finish(state, why = "") {
    if (this.done) return;
    this.done = this.over = true;
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.context?.close();
    if (this.socket) this.socket.onclose = null;
    this.socket?.close();
    this.told(state, why);
  }
}
