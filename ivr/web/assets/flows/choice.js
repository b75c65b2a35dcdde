// Two changed the same lines: a clear choice, mine, theirs, or both with marks to be put right by hand.
import { make } from "./words.js";

export class Choice {
  constructor(box, editor) {
    Object.assign(this, { box, editor });
  }

  close() {
    this.box.hidden = true;
  }

  ask(theirs) {
    const { t, view, keeping } = this.editor, name = theirs.by;
    const use = (text) => {
      this.close();
      keeping.chosen(text, theirs.revision);
      view.replace(text);
    };
    const button = (text, made) => make("button", { type: "button", textContent: text, onclick: () => use(made()) });
    const shown = make("pre", { textContent: theirs.both, tabIndex: 0 });
    shown.setAttribute("aria-label", t("Both texts, with marks"));
    this.box.replaceChildren(
      make("p", { textContent: t("%(name)s changed the same lines. Nothing is lost: choose what goes on; the other text stays in the earlier saves.", { name }) }),
      make("div", { className: "row" }, button(t("Keep mine"), () => view.text), button(t("Take that of %(name)s", { name }), () => theirs.theirs), button(t("Both, with marks"), () => theirs.both)),
      shown,
    );
    this.box.hidden = false;
  }
}
