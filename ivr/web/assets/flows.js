// The editor of a flow: text, mistakes as typed, graph, forms, try it, tests; saves that lose nothing. Its place is
// templates/flows/edit.html, whose texts are in the reader's language; the script's own come with it (data-words).
import { Choice } from "./flows/choice.js";
import { Examples } from "./flows/examples.js";
import { NodeForm, changeOf, written } from "./flows/form.js";
import { Graph } from "./flows/graph.js";
import { Keeping } from "./flows/keeping.js";
import { Prompts } from "./flows/prompts.js";
import { ask, part, why } from "./flows/server.js";
import { Tabs } from "./flows/tabs.js";
import { Talk } from "./flows/talk.js";
import { TextView } from "./flows/text.js";
import { make, words } from "./flows/words.js";

const CHECK_MS = 400, SHOWN = 200;
const get = (id) => document.getElementById(id);

class Editor {
  constructor(place) {
    const { api, flow, home, words: table } = place.dataset;
    Object.assign(this, { flow, home, api: `${api}/${encodeURIComponent(flow)}`, schemaAt: `${api}/schema.json`, t: words(JSON.parse(table)), all: [] });
    this.main = `${home}/flow.yaml`;
    this.files = get("flow-file");
    this.graph = new Graph(get("flow-graph"), (line) => this.goTo(line));
    this.view = new TextView(get("flow-text"), this);
    this.choice = new Choice(get("flow-choice"), this);
    this.panes = { form: new NodeForm(get("pane-form"), this), talk: new Talk(get("pane-talk"), this), examples: new Examples(get("pane-examples"), this),
      recordings: new Prompts(get("pane-recordings"), this, () => this.load("recordings")) };
    this.tabs = new Tabs(place.querySelector("[role=tablist]"), (name) => this.seen(name));
    this.listen(place);
  }

  listen(place) {
    this.files.onchange = () => this.open(this.files.value);
    get("flow-format").onclick = () => this.format();
    get("flow-tests").onclick = () => this.test();
    get("flow-new").onsubmit = (event) => { event.preventDefault(); this.add(get("flow-new-name").value.trim()); };
    get("flow-remove").onclick = () => this.remove();
    get("pane-translations").addEventListener("change", (event) => this.translated(event.target));
    place.addEventListener("click", (event) => this.clicked(event));
    addEventListener("beforeunload", (event) => { if (this.keeping?.dirty) { this.keeping.save(); event.preventDefault(); } });
    addEventListener("online", () => this.keeping?.save());
    addEventListener("focus", () => (this.keeping?.dirty ? this.keeping.save() : this.newer()));
  }

  clicked(event) {
    const link = event.target.closest("a"), { zoom, back } = event.target.dataset;
    if (zoom) this.graph.zoom(Number(zoom));
    if (back) this.view.replace(get(back).textContent);
    if (link?.dataset.line) {
      event.preventDefault();
      this.jump(link.dataset.file, Number(link.dataset.line));
    } else if (link?.href && this.keeping?.dirty && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.saved().then(() => { location.href = link.href; });
    }
  }

  async begin({ file, line }) {
    const [draft, schema] = await Promise.all([this.list(), ask("GET", this.schemaAt)]);
    if (!draft) return;
    this.view.schema = schema.body ?? {};
    const there = [...this.files.options].some((it) => it.value === file);
    await this.open(there ? file : this.main);
    if (Number(line)) this.goTo(Number(line));
  }

  /** The draft's texts into the list of files. */
  async list() {
    const draft = await ask("GET", `${this.api}/draft`);
    if (draft.status !== 200) { this.tell(why(draft, this.t)); return null; }
    const texts = draft.body.files.map((it) => it.path).filter((path) => /\.(ya?ml|md)$/.test(path));
    this.files.replaceChildren(...texts.map((path) => make("option", { value: path, textContent: path })));
    if (this.path) this.files.value = this.path;
    return draft.body;
  }

  async open(path) {
    await this.keeping?.save();
    const found = await ask("GET", `${this.api}/file?path=${encodeURIComponent(path)}`);
    if (found.status !== 200) return this.tell(why(found, this.t));
    this.path = path;
    this.files.value = path;
    this.choice.close();
    get("flow-remove").disabled = path === this.main;
    const name = `ivr draft ${this.flow} ${path}`, left = Keeping.left(name, localStorage);
    const send = (text, seen) => ask("PUT", `${this.api}/file`, { path, text, seen });
    const keeping = new Keeping(name, localStorage, send, (state, body) => { if (keeping === this.keeping) this.kept(state, body); });
    this.keeping = keeping;
    keeping.opened(found.body.text, found.body.revision);
    this.view.show(path, found.body.text);
    if (left && left.text !== found.body.text) {
      keeping.seen = left.seen; // merged with what was saved since, as if the session had never ended
      this.view.replace(left.text);
    }
    await this.check();
    if (this.tabs.open === "earlier") this.load("earlier");
  }

  typed(text) {
    this.keeping.typed(text);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CHECK_MS);
  }

  /** The cursor went to another line of the flow's text. */
  at(line) {
    if (this.path !== this.main) return;
    this.graph.follow(line);
    const node = this.graph.at(line), form = this.panes.form;
    if (this.tabs.open === "form" && node && node !== form.node && !get("pane-form").contains(document.activeElement)) form.show(node);
  }

  async check() {
    const path = this.path, text = this.view.text;
    let answer;
    try { answer = await ask("POST", `${this.api}/check`, { texts: { [path]: text } }); } catch { return; }
    if (answer.status !== 200 || path !== this.path || text !== this.view.text) return; // typed on: the next answer counts
    const all = answer.body.problems, errors = answer.body.errors;
    this.all = all;
    this.view.mark(all.filter((it) => it.file === path));
    get("flow-problems").replaceChildren(...all.slice(0, SHOWN).map((it) => this.problem(it)));
    get("flow-count").textContent = this.t("mistakes: %(errors)s, warnings: %(warnings)s", { errors, warnings: all.length - errors });
    get("flow-count").className = `state ${errors ? "bad" : "fine"}`;
    get("flow-partly").hidden = answer.body.graph.whole;
    this.graph.draw(answer.body.graph);
    this.graph.wrong(all.filter((it) => it.file === this.main));
    if (path === this.main) this.graph.follow(this.view.line);
    this.panes.examples.told();
  }

  problem(it) {
    const link = make("a", { href: `${this.api}/edit?file=${encodeURIComponent(it.file)}&line=${it.line}`, textContent: `${it.file}:${it.line}` });
    Object.assign(link.dataset, { file: it.file, line: it.line });
    const mend = it.mend ? [" — ", make("em", { textContent: it.mend })] : [];
    return make("li", { className: it.severity }, link, " ", make("bdi", { textContent: it.message }), ...mend);
  }

  async jump(file, line) {
    if (file && file !== this.path) await this.open(file);
    this.goTo(line);
  }

  /** From another file: in flow.yaml, where the nodes are. */
  async goTo(line, focus = true) {
    if (line) this.view.goTo(line, focus);
  }

  async mainText() {
    if (this.path === this.main) return this.view.text;
    const found = await ask("GET", `${this.api}/file?path=${encodeURIComponent(this.main)}`);
    return found.body?.text ?? "";
  }

  /** Values that a form sets go into flow.yaml; false with the reason told. */
  async change(changes) {
    if (this.path !== this.main) await this.open(this.main);
    const text = await written(this, this.path, this.view.text, changes);
    if (text !== null) this.view.replace(text);
    return text !== null;
  }

  translated(field) {
    if (field.dataset.path) this.change([changeOf(field, get("pane-translations"))]);
  }

  async format() {
    const answer = await ask("POST", `${this.api}/format`, { path: this.path, text: this.view.text });
    if (answer.status === 200) this.view.replace(answer.body.text); else this.tell(why(answer, this.t));
  }

  async add(name) {
    const text = name.startsWith("nlu.") ? 'version: "3.1"\nnlu:\n' : name.endsWith(".md") ? "" : `# ${name}\n`, path = `${this.home}/${name}`;
    const answer = await ask("PUT", `${this.api}/file`, { path, text, seen: 0 });
    if (answer.status !== 200) return this.tell(why(answer, this.t));
    await this.list();
    await this.open(path);
  }

  async remove() {
    if (this.path === this.main || !confirm(this.t("Take %(file)s out of the draft?", { file: this.path }))) return;
    await this.saved();
    const answer = await ask("DELETE", `${this.api}/file?path=${encodeURIComponent(this.path)}&seen=${this.keeping.seen}`);
    if (answer.status !== 200) return this.tell(why(answer, this.t));
    this.keeping = null;
    await this.list();
    await this.open(this.main);
  }

  /** Until what is typed is in the draft, or cannot be now. */
  async saved() {
    for (let n = 0; n < 50 && this.keeping?.dirty && !this.keeping.held; n++) {
      await this.keeping.save();
      if (["away", "signed_out", "refused"].includes(this.state)) return;
      if (this.keeping.dirty) await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
  }

  /** Somebody else saved while nothing was typed here: their text is shown. */
  async newer() {
    const keeping = this.keeping, found = await ask("GET", `${this.api}/file?path=${encodeURIComponent(this.path ?? "")}`).catch(() => ({ status: 0 }));
    if (found.status !== 200 || keeping !== this.keeping || keeping.dirty || found.body.revision <= keeping.seen) return;
    keeping.opened(found.body.text, found.body.revision);
    this.view.replace(found.body.text);
    this.tell(this.t("%(name)s changed it meanwhile", { name: found.body.by }));
  }

  kept(state, body) {
    this.state = state;
    this.tell({ typed: this.t("Not saved yet"), saving: this.t("Saving"), saved: this.t("Saved"), merged: this.t("Saved, with the changes of %(name)s", { name: body?.with }),
      away: this.t("The server is away: kept in this browser, saved when it is back"), conflict: this.t("Somebody changed the same lines"),
      signed_out: this.t("Signed out: your text is kept in this browser."), refused: typeof body === "string" ? body : this.t("It cannot be saved") }[state]);
    if (state === "signed_out") {
      const next = encodeURIComponent(location.pathname + location.search);
      get("flow-state").append(" ", make("a", { href: `/sign-in?next=${next}`, target: "_blank", rel: "noopener", textContent: this.t("Sign in in another tab and come back") }));
    }
    if (state === "merged") { this.keeping.opened(body.merged, body.revision); this.view.replace(body.merged); }
    if (state === "conflict") this.choice.ask(body);
  }

  async test() {
    const place = get("flow-proof"), button = get("flow-tests");
    button.disabled = true;
    place.textContent = this.t("The checks and the conversations are running …");
    await this.saved();
    this.into(place, await part("POST", `${this.api}/proof`, undefined));
    button.disabled = false;
  }

  into(place, found) {
    if (found.status === 200) place.innerHTML = found.html; // made by our server, escaped there
    else place.replaceChildren(make("p", { className: "problem", textContent: why(found, this.t) }));
  }

  async load(name) {
    await this.saved();
    const query = name === "earlier" ? `?path=${encodeURIComponent(this.path)}` : "";
    this.into(get(`pane-${name}`), await part("GET", `${this.api}/${name}${query}`));
  }

  seen(name) {
    if (name === "form") this.panes.form.show(this.graph.at(this.path === this.main ? this.view.line : 0));
    else if (name === "examples") this.panes.examples.show();
    else if (["translations", "recordings", "earlier"].includes(name)) this.load(name);
  }

  tell(text) {
    get("flow-state").textContent = text;
  }
}

const place = get("flow-editor");
if (place) new Editor(place).begin(place.dataset);
