// Try it: the draft talked with as text, with keys, silence and a look inside.
import { make } from "./words.js";
import { part, why } from "./server.js";

export class Talk {
  constructor(pane, editor) {
    Object.assign(this, { editor, name: "", busy: false });
    this.said = pane.querySelector("#talk-said");
    this.step = pane.querySelector("#talk-step");
    this.words = pane.querySelector("#talk-words");
    this.mocks = pane.querySelector("#talk-mocks");
    pane.querySelector("#talk-begin").addEventListener("submit", (event) => { event.preventDefault(); this.begin(); });
    this.step.addEventListener("submit", (event) => { event.preventDefault(); this.say(); });
    this.step.addEventListener("click", (event) => {
      const { key, step } = event.target.dataset;
      if (key) this.does({ presses: key });
      if (step === "waits") this.does({ waits: 6 });
      if (step === "hangs_up") this.does({ hangs_up: true });
    });
  }

  async begin() {
    await this.editor.saved();
    this.said.replaceChildren();
    const language = document.getElementById("talk-language").value;
    this.show(await part("POST", `${this.editor.api}/talk`, { language, mocks: this.mocks.value }));
  }

  say() {
    const says = this.words.value.trim();
    this.words.value = "";
    if (says) this.does({ says });
  }

  async does(step) {
    if (this.busy || !this.name) return;
    this.busy = true;
    this.said.setAttribute("aria-busy", "true"); // the first free words take seconds: the flow's understanding is learned then
    this.show(await part("POST", `${this.editor.api}/talk/${this.name}`, step));
    this.said.removeAttribute("aria-busy");
    this.busy = false;
  }

  show(found) {
    if (found.status !== 200) {
      this.said.append(make("div", { className: "problem", textContent: why(found, this.editor.t) }));
      return;
    }
    this.said.insertAdjacentHTML("beforeend", found.html); // made by our server, escaped there
    const last = [...this.said.querySelectorAll("[data-try]")].pop(), ended = last.dataset.ended === "true";
    this.name = last.dataset.try;
    this.step.hidden = ended;
    this.editor.graph.show(last.dataset.node, "now");
    this.choices(JSON.parse(last.dataset.mocks));
    last.scrollIntoView({ block: "nearest" });
    if (!ended) this.words.focus({ preventScroll: true });
  }

  choices(names) {
    const chosen = this.mocks.value;
    if (!names.length) return;
    this.mocks.replaceChildren(this.mocks.options[0], ...names.map((name) => make("option", { textContent: name })));
    this.mocks.value = names.includes(chosen) ? chosen : "";
  }
}
