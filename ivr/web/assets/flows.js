// The editor of a flow: text, mistakes as typed, graph, saves that lose nothing. Its place: <div id="flow-editor"
// data-api="/flows" data-flow="orders">. Texts come from data-text-* of the place when they are translated.
import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, defaultHighlightStyle, foldGutter, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { keysAt, nodeNames, pathAt, schemasAt, typeBeside, valuesAt } from "./flows/completion.js";
import { Graph } from "./flows/graph.js";
import { Keeping } from "./flows/keeping.js";
import { ask, why } from "./flows/server.js";

const CHECK_MS = 400;
const make = (name, more = {}, ...inside) => {
  const made = Object.assign(document.createElement(name), more);
  made.append(...inside);
  return made;
};

class Editor {
  constructor(place) {
    this.flow = place.dataset.flow;
    this.api = `${place.dataset.api}/${encodeURIComponent(this.flow)}`;
    this.schemaAt = `${place.dataset.api}/schema.json`;
    this.files = make("select", { id: "flow-file" });
    this.state = make("output", { className: "flow-state" });
    this.state.setAttribute("aria-live", "polite");
    this.problems = make("ul", { className: "flow-problems", tabIndex: 0 });
    this.problems.setAttribute("aria-label", "Mistakes");
    this.choice = make("section", { className: "flow-choice", hidden: true });
    this.choice.setAttribute("role", "alert");
    const format = make("button", { type: "button", textContent: place.dataset.textFormat ?? "Format", onclick: () => this.format() });
    const label = make("label", { htmlFor: "flow-file", textContent: place.dataset.textFile ?? "File" });
    const text = make("div", { className: "flow-text" }), drawn = make("div", { className: "flow-graph" });
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", `Graph of ${this.flow}; the same is in the text`);
    place.replaceChildren(make("div", { className: "flow-bar" }, label, this.files, format, this.state), this.choice,
      make("div", { className: "flow-halves" }, text, drawn), this.problems);
    this.graph = new Graph(drawn, (line) => this.goTo(line));
    this.view = new EditorView({ parent: text });
    this.files.onchange = () => this.open(this.files.value);
    addEventListener("beforeunload", (event) => { if (this.keeping?.dirty) { this.keeping.save(); event.preventDefault(); } });
    addEventListener("online", () => this.keeping?.save());
    addEventListener("focus", () => this.keeping?.dirty && this.keeping.save());
  }

  async begin() {
    const [draft, schema] = await Promise.all([ask("GET", `${this.api}/draft`), ask("GET", this.schemaAt)]);
    if (draft.status !== 200) return this.tell(why(draft));
    this.schema = schema.body ?? {};
    const texts = draft.body.files.map((it) => it.path).filter((path) => /\.(ya?ml|md)$/.test(path));
    this.files.replaceChildren(...texts.map((path) => make("option", { value: path, textContent: path })));
    const main = `${draft.body.home}/flow.yaml`;
    this.main = main;
    this.files.value = main;
    await this.open(main);
  }

  async open(path) {
    await this.keeping?.save();
    const found = await ask("GET", `${this.api}/file?path=${encodeURIComponent(path)}`);
    if (found.status !== 200) return this.tell(why(found));
    this.path = path;
    const name = `ivr draft ${this.flow} ${path}`;
    const left = Keeping.left(name, localStorage);
    const send = (text, seen) => ask("PUT", `${this.api}/file`, { path, text, seen });
    this.keeping = new Keeping(name, localStorage, send, (state, body) => this.kept(state, body));
    this.keeping.opened(found.body.text, found.body.revision);
    this.show(found.body.text);
    if (left && left.text !== found.body.text) {
      this.replace(left.text);
      this.keeping.seen = left.seen; // merged with what was saved since, as if the session had never ended
    }
    this.check();
  }

  show(text) {
    this.view.setState(EditorState.create({ doc: text, extensions: [
      lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
      highlightActiveLine(), highlightSelectionMatches(), syntaxHighlighting(defaultHighlightStyle), lintGutter(),
      EditorView.lineWrapping, EditorView.contentAttributes.of({ "aria-label": this.path }),
      ...(this.path.endsWith(".md") ? [] : [yaml()]),
      autocompletion({ override: [(context) => this.complete(context)] }),
      hoverTooltip((view, at) => this.hover(at)),
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...completionKeymap, ...lintKeymap,
        { key: "Mod-s", run: () => { this.keeping.save(); return true; } },
        { key: "Shift-Alt-f", run: () => { this.format(); return true; } }]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) { this.keeping.typed(this.view.state.doc.toString()); this.soon(); }
        if (update.selectionSet && this.path === this.main)
          this.graph.follow(update.state.doc.lineAt(update.state.selection.main.head).number);
      }),
    ] }));
  }

  replace(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), CHECK_MS);
  }

  async check() {
    const path = this.path, text = this.view.state.doc.toString(), doc = this.view.state.doc;
    let answer;
    try { answer = await ask("POST", `${this.api}/check`, { texts: { [path]: text } }); } catch { return; }
    if (answer.status !== 200 || doc !== this.view.state.doc) return; // typed on meanwhile: the next answer counts
    const all = answer.body.problems;
    this.view.dispatch(setDiagnostics(this.view.state, all.filter((it) => it.file === path).map((it) => this.diagnostic(it))));
    this.problems.replaceChildren(...all.map((it) => make("li", { className: it.severity }, make("button", { type: "button",
      textContent: `${it.file}:${it.line} ${it.message}${it.mend ? ` — ${it.mend}` : ""}`,
      onclick: async () => { if (it.file !== this.path) { this.files.value = it.file; await this.open(it.file); } this.goTo(it.line); } }))));
    this.graph.draw(answer.body.graph);
    this.graph.wrong(all.filter((it) => it.file === this.main));
  }

  diagnostic(problem) {
    const doc = this.view.state.doc, line = doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
    const from = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
    return { from, to: line.to, severity: problem.severity, source: problem.code,
      message: problem.message + (problem.mend ? ` — ${problem.mend}` : "") };
  }

  goTo(number) {
    if (!number) return;
    const line = this.view.state.doc.line(Math.min(number, this.view.state.doc.lines));
    this.view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
    this.view.focus();
  }

  complete(context) {
    if (this.path !== this.main) return null;
    const doc = context.state.doc, at = doc.lineAt(context.pos), before = at.text.slice(0, context.pos - at.from);
    const lines = doc.toString().split("\n"), path = pathAt(lines, at.number - 1), typeOf = typeBeside(lines, at.number - 1);
    const value = /^\s*(?:- )?([A-Za-z_]\w*):\s+(\S*)$/.exec(before), key = /^\s*(?:- )?(\w*)$/.exec(before);
    if (value) {
      const nodes = /^(next|yes|no|else|start)$/.test(value[1]) ? nodeNames(lines) : [];
      const options = [...nodes, ...valuesAt(this.schema, [...path, value[1]], typeOf)].map((label) => ({ label }));
      return options.length ? { from: context.pos - value[2].length, options } : null;
    }
    if (!key || (!key[1] && !context.explicit)) return null;
    const options = keysAt(this.schema, path, typeOf).map((it) => ({ label: it.label, apply: `${it.label}: `, info: it.detail }));
    return options.length ? { from: context.pos - key[1].length, options } : null;
  }

  hover(at) {
    const doc = this.view.state.doc, line = doc.lineAt(at), key = /^\s*(?:- )?([A-Za-z_]\w*)\s*:/.exec(line.text);
    if (!key || at > line.from + key[0].length) return null;
    const lines = doc.toString().split("\n"), path = pathAt(lines, line.number - 1);
    const found = schemasAt(this.schema, [...path, key[1]], typeBeside(lines, line.number - 1)).find((it) => it.description);
    if (!found) return null;
    return { pos: line.from, end: line.from + key[0].length, create: () => ({ dom: make("div", { className: "flow-hint", textContent: found.description }) }) };
  }

  async format() {
    const answer = await ask("POST", `${this.api}/format`, { path: this.path, text: this.view.state.doc.toString() });
    if (answer.status === 200) this.replace(answer.body.text); else this.tell(why(answer));
  }

  kept(state, body) {
    const words = { typed: "Not saved yet", saving: "Saving", saved: "Saved", merged: `Saved, with the changes of ${body?.with}`,
      away: "The server is away: kept in this browser, saved when it is back", conflict: "Somebody changed the same lines",
      signed_out: "Signed out: your text is kept in this browser. Sign in in another tab and come back.",
      refused: typeof body === "string" ? body : "Refused" };
    this.tell(words[state]);
    if (state === "merged") { this.keeping.opened(body.merged, body.revision); this.replace(body.merged); }
    if (state === "conflict") this.decide(body);
  }

  /** A clear choice: mine, theirs, or both with marks to be put right by hand. */
  decide(theirs) {
    const use = (text) => { this.choice.hidden = true; this.keeping.chosen(text, theirs.revision); if (text !== this.view.state.doc.toString()) this.replace(text); };
    const button = (words, text) => make("button", { type: "button", textContent: words, onclick: () => use(text()) });
    this.choice.replaceChildren(make("p", { textContent: `${theirs.by} changed the same lines. Nothing is lost: choose what goes on; the other text stays among the saves.` }),
      button("Keep mine", () => this.view.state.doc.toString()), button(`Take that of ${theirs.by}`, () => theirs.theirs),
      button("Both, with marks", () => theirs.both), make("pre", { textContent: theirs.theirs, tabIndex: 0 }));
    this.choice.hidden = false;
  }

  tell(words) {
    this.state.textContent = words;
  }
}

const place = document.getElementById("flow-editor");
if (place) new Editor(place).begin();
