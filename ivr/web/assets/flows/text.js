// The text of a file: CodeMirror with marks, completion, hover texts and the mend of a mistake at a key.
import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, foldGutter, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { keysAt, nodeNames, pathAt, schemasAt, typeBeside, valuesAt } from "./completion.js";
import { make } from "./words.js";

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName), tags.heading], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.comment, tags.meta, tags.separator, tags.punctuation], color: "var(--quiet)" },
]);
const LOOK = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--text)" },
  ".cm-scroller": { fontFamily: "var(--mono)" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--shade)", color: "var(--quiet)", border: "0" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent) !important" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--border)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--shade)", color: "var(--quiet)" },
});

/** Where the name that a message quotes stands in a line, as a word of its own and once. */
function wrongName(message, line) {
  for (const [, name] of message.matchAll(/'([^']+)'/g)) {
    const found = [...line.matchAll(new RegExp(`(?<!\\w)${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?!\\w)`, "g"))];
    if (found.length === 1) return found[0];
  }
  return null;
}

export class TextView {
  constructor(box, editor) {
    this.editor = editor;
    this.path = "";
    this.schema = {};
    this.nonce = EditorView.cspNonce.of(document.body.dataset.nonce ?? "");
    this.view = new EditorView({ parent: box, extensions: [this.nonce, EditorView.contentAttributes.of({ "aria-label": editor.main })] });
  }

  get text() { return this.view.state.doc.toString(); }
  get line() { return this.view.state.doc.lineAt(this.view.state.selection.main.head).number; }

  show(path, text) {
    this.path = path;
    this.view.setState(EditorState.create({ doc: text, extensions: [
      this.nonce, lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
      highlightActiveLine(), highlightSelectionMatches(), syntaxHighlighting(COLOURS), lintGutter(), LOOK,
      EditorView.lineWrapping, EditorView.contentAttributes.of({ "aria-label": path, tabindex: "0" }),
      ...(path.endsWith(".md") ? [] : [yaml()]),
      autocompletion({ override: [(context) => this.complete(context)] }),
      hoverTooltip((view, at) => this.hover(at)),
      keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...completionKeymap, ...lintKeymap,
        { key: "Mod-s", run: () => { this.editor.keeping.save(); return true; } },
        { key: "Shift-Alt-f", run: () => { this.editor.format(); return true; } }]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) this.editor.typed(this.text);
        if (update.selectionSet) this.editor.at(this.line);
      }),
    ] }));
  }

  /** Another text, told as the one piece that differs: cursor, scroll and undo stay. */
  replace(text) {
    const now = this.text, least = Math.min(now.length, text.length);
    let from = 0, back = 0;
    while (from < least && now[from] === text[from]) from++;
    while (back < least - from && now[now.length - 1 - back] === text[text.length - 1 - back]) back++;
    if (now !== text) this.view.dispatch({ changes: { from, to: now.length - back, insert: text.slice(from, text.length - back) } });
  }

  goTo(number, focus) {
    const doc = this.view.state.doc, line = doc.line(Math.min(Math.max(number, 1), doc.lines));
    this.view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
    if (focus) this.view.focus();
  }

  mark(problems) {
    this.view.dispatch(setDiagnostics(this.view.state, problems.map((it) => this.diagnostic(it))));
  }

  diagnostic(problem) {
    const doc = this.view.state.doc, line = doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
    const from = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
    return { from, to: line.to, severity: problem.severity, source: problem.code, actions: this.mends(problem, line),
      message: problem.message + (problem.mend ? ` — ${problem.mend}` : "") };
  }

  /** "did you mean 'hours'?" is done by a click, when the wrong name stands once in the line. */
  mends(problem, line) {
    const meant = /did you mean '([^']+)'\?/.exec(problem.mend ?? "")?.[1], found = meant && wrongName(problem.message, line.text);
    if (!found) return [];
    return [{ name: this.editor.t("Write %(name)s", { name: meant }), apply: (view) => {
      const now = view.state.doc.lineAt(line.from), at = wrongName(problem.message, now.text);
      if (at) view.dispatch({ changes: { from: now.from + at.index, to: now.from + at.index + at[0].length, insert: meant } });
    } }];
  }

  get isFlow() { return this.path === this.editor.main; }

  complete(context) {
    if (!this.isFlow) return null;
    const doc = context.state.doc, at = doc.lineAt(context.pos), before = at.text.slice(0, context.pos - at.from);
    const lines = doc.toString().split("\n"), path = pathAt(lines, at.number - 1), typeOf = typeBeside(lines, at.number - 1);
    const value = /^\s*(?:- )?([A-Za-z_]\w*):\s+(\S*)$/.exec(before), key = /^\s*(?:- )?(\w*)$/.exec(before);
    if (value) {
      const nodes = /^(next|yes|no|else|start|on_fail|closed|holiday)$/.test(value[1]) ? nodeNames(lines) : [];
      const options = [...nodes, ...valuesAt(this.schema, [...path, value[1]], typeOf)].map((label) => ({ label }));
      return options.length ? { from: context.pos - value[2].length, options } : null;
    }
    if (!key || (!key[1] && !context.explicit)) return null;
    const options = keysAt(this.schema, path, typeOf).map((it) => ({ label: it.label, apply: `${it.label}: `, info: it.detail }));
    return options.length ? { from: context.pos - key[1].length, options } : null;
  }

  hover(at) {
    if (!this.isFlow) return null;
    const doc = this.view.state.doc, line = doc.lineAt(at), key = /^\s*(?:- )?([A-Za-z_]\w*)\s*:/.exec(line.text);
    if (!key || at > line.from + key[0].length) return null;
    const lines = doc.toString().split("\n"), path = pathAt(lines, line.number - 1);
    const found = schemasAt(this.schema, [...path, key[1]], typeBeside(lines, line.number - 1)).find((it) => it.description);
    if (!found) return null;
    return { pos: line.from, end: line.from + key[0].length, create: () => ({ dom: make("div", { className: "flow-hint", textContent: found.description }) }) };
  }
}
