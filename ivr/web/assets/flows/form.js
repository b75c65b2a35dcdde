// Forms that write the text: values go to the server with the text as it is typed, and come back in it, comments kept.
import { ask, part, why } from "./server.js";

/** What a field says: null takes the key out. */
function valueOf(field) {
  const text = field.value.trim();
  if (field.dataset.kind !== "phrases") return text || null;
  const lines = text.split("\n").map((it) => it.trim()).filter(Boolean);
  return lines.length ? lines : null;
}

/** The change that a field stands for; a text for all languages becomes one a language. */
export function changeOf(field, among) {
  if (!field.dataset.whole) return { path: JSON.parse(field.dataset.path), value: valueOf(field) };
  const value = {};
  for (const it of among.querySelectorAll("[data-whole]"))
    if (it.dataset.whole === field.dataset.whole && valueOf(it) !== null) value[it.dataset.language] = valueOf(it);
  return { path: JSON.parse(field.dataset.whole), value };
}

export class NodeForm {
  constructor(pane, editor) {
    Object.assign(this, { pane, editor, node: "" });
    pane.addEventListener("change", (event) => {
      const field = event.target;
      if (field.id === "form-node") this.choose(field.value);
      else if (field.dataset.path) this.set([changeOf(field, pane)]);
    });
    pane.addEventListener("click", (event) => {
      const { remove, option } = event.target.dataset;
      if (remove) this.set([{ path: JSON.parse(remove), value: null }], true);
      if (option) this.set([{ path: ["nodes", this.node, "options", Number(option)], value: this.option(Number(option)) }], true);
    });
    pane.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.target.id === "form-add") this.add();
    });
  }

  option(count) {
    return { label: this.editor.t("new option"), key: String((count + 1) % 10), next: this.node };
  }

  choose(node) {
    this.editor.goTo(this.editor.graph.line?.get(node), false);
    return this.show(node);
  }

  /** The form of a node, of the text as it is now. */
  async show(node) {
    const editor = this.editor, text = await editor.mainText();
    const found = await part("POST", `${editor.api}/node-form`, { text, node: node || this.node });
    if (found.status !== 200) { editor.tell(why(found, editor.t)); return; }
    this.pane.innerHTML = found.html; // made by our server, escaped there
    this.node = this.pane.querySelector("form").dataset.node;
  }

  async set(changes, again = false) {
    if (await this.editor.change(changes) && again) await this.show(this.node);
  }

  /** A new node stands at the end, with what its type cannot be without. */
  async add() {
    const name = this.pane.querySelector("#form-name").value, type = this.pane.querySelector("#form-type").value;
    const to = this.node || name, say = this.editor.t("What callers hear"), at = (...path) => ["nodes", name, ...path];
    const parts = { say: [["say", say], ["next", to]], confirm: [["say", say], ["yes", to], ["no", to]], hangup: [["say", say]],
      transfer: [["to", "agents"], ["on_fail", to]], menu: [["say", say], ["options", [this.option(0)].map((it) => ({ ...it, next: to }))]],
      collect: [["next", to]] }[type];
    const changes = [{ path: at("type"), value: type }];
    for (const [key, value] of parts) {
      if (key === "options") changes.push({ path: at("options", 0), value: value[0] });
      else changes.push({ path: at(key), value });
    }
    if (type === "collect") changes.push({ path: at("slots", "value", "field"), value: "digits" }, { path: at("slots", "value", "say"), value: say });
    if (!await this.editor.change(changes)) return;
    await this.show(name);
    await this.editor.check();
    this.editor.goTo(this.editor.graph.line?.get(name), false);
  }
}

/** The text with values in it; null with the reason told. */
export async function written(editor, path, text, changes) {
  const answer = await ask("POST", `${editor.api}/form`, { path, text, changes });
  if (answer.status === 200) return answer.body.text;
  editor.tell(why(answer, editor.t));
  return null;
}
