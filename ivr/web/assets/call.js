// The page of one call: its sound with the turns over it, its way on the flow's graph. Texts come from the page.
import WaveSurfer from "wavesurfer.js";
import Regions from "wavesurfer.js/plugins/regions";

const find = (id) => document.getElementById(id);
const turns = [...document.querySelectorAll(".turn")];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const clock = (s) => {
  const whole = Math.max(0, Math.floor(s)), hours = Math.floor(whole / 3600), two = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}` : `${Math.floor(whole / 60)}:${two(whole % 60)}`;
};

class Player {
  constructor(box) {
    this.box = box;
    this.told = find("sound-told");
    this.button = find("play");
    this.regions = Regions.create();
    this.wave = WaveSurfer.create({
      container: find("wave"), cspNonce: document.body.dataset.nonce, plugins: [this.regions], hideScrollbar: true,
      cursorColor: colour("--danger"), cursorWidth: 2, dragToSeek: true,
      splitChannels: [{ height: 52, waveColor: colour("--accent"), progressColor: colour("--accent") },
        { height: 52, waveColor: colour("--quiet"), progressColor: colour("--quiet") }],
    });
    this.wave.on("ready", (seconds) => this.ready(seconds));
    this.wave.on("timeupdate", (at) => this.at(at));
    for (const [event, plays] of [["play", true], ["pause", false], ["finish", false]]) this.wave.on(event, () => this.plays(plays));
    this.regions.on("region-clicked", (region, event) => {
      event.stopPropagation();
      this.from(region.start);
      this.show(find(region.id));
    });
    this.button.onclick = () => this.wave.playPause();
    find("speed").onchange = (event) => this.wave.setPlaybackRate(Number(event.target.value), true);
    find("sound")?.addEventListener("change", (event) => this.open(event.target.value));
    this.open(box.dataset.sound);
  }

  /** One request for the whole sound: each is told to the audit trail. */
  async open(address) {
    find("download").href = `${address}?download=true`;
    this.button.disabled = true;
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(answer.status);
      await this.wave.loadBlob(await answer.blob());
    } catch (why) {
      this.told.textContent = why.message === "404" ? this.box.dataset.gone : this.box.dataset.failed;
    }
  }

  ready(seconds) {
    this.told.textContent = "";
    this.button.disabled = false;
    find("whole").textContent = clock(seconds);
    this.regions.clearRegions();
    turns.forEach((turn, n) => {
      const start = Number(turn.dataset.from), end = turn.dataset.until === "" ? seconds : Number(turn.dataset.until);
      if (start >= seconds || end <= start) return;
      const content = document.createElement("span");
      content.textContent = turn.querySelector(".count").textContent;
      this.regions.addRegion({ id: turn.id, start, end: Math.min(end, seconds), drag: false, resize: false, content,
        color: n % 2 ? "rgb(128 128 128 / 8%)" : "rgb(128 128 128 / 20%)" });
    });
    this.box.dataset.ready = "true";
    this.toHash();
  }

  at(seconds) {
    find("now").textContent = clock(seconds);
    const here = turns.filter((turn) => Number(turn.dataset.from) <= seconds + 0.01).pop();
    for (const turn of turns) turn.toggleAttribute("data-here", turn === here);
  }

  plays(plays) {
    this.button.setAttribute("aria-pressed", String(plays));
    this.button.firstChild.textContent = plays ? "❚❚ " : "▶ ";
  }

  from(seconds) {
    this.wave.setTime(seconds);
    this.wave.play();
  }

  /** The turn in the list, and in the address. */
  show(turn) {
    history.replaceState(null, "", `#${turn.id}`);
    turn.scrollIntoView({ block: "nearest" });
    turn.focus({ preventScroll: true });
  }

  step(by) {
    const now = turns.findIndex((turn) => turn.hasAttribute("data-here"));
    const next = turns[Math.min(Math.max(now + by, 0), turns.length - 1)];
    if (!next) return;
    this.wave.setTime(Number(next.dataset.from));
    this.show(next);
  }

  toHash() {
    const turn = turns.find((it) => `#${it.id}` === location.hash);
    if (turn) this.wave.setTime(Number(turn.dataset.from));
  }
}

const box = find("player"), player = box.dataset.sound ? new Player(box) : null;
if (player) {
  document.addEventListener("click", (event) => {
    const at = event.target.closest("[data-at]");
    if (!at) return;
    player.from(Number(at.dataset.at));
    const turn = at.closest(".turn");
    if (turn) history.replaceState(null, "", `#${turn.id}`);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, button, summary, a")) return;
    if (event.key === " ") { event.preventDefault(); player.wave.playPause(); }
    if (event.key === "j") player.step(1);
    if (event.key === "k") player.step(-1);
  });
  addEventListener("hashchange", () => player.toHash());
}

// A correction that is saved closes its form.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.target.matches("form[data-done]")) event.target.closest("details").open = false;
});

// The graph is large: loaded when it comes into sight.
const way = find("way");
new IntersectionObserver(async ([seen], watching) => {
  if (!seen.isIntersecting) return;
  watching.disconnect();
  const { draw } = await import("./calls/way.js");
  draw(way, (seconds) => player?.from(seconds));
}).observe(way);
