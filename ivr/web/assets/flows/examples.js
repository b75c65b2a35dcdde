// Examples and answers: a phrase made an example of an intent, and what contradicts, as it is typed.
import { ask, part, why } from "./server.js";
import { make } from "./words.js";

export class Examples {
  constructor(pane, editor) {
    Object.assign(this, { pane, editor, language: "" });
    pane.addEventListener("submit", (event) => { event.preventDefault(); this.add(); });
    pane.addEventListener("change", (event) => {
      if (event.target.id !== "example-language") return;
      this.language = event.target.value;
      this.show();
    });
  }

  async show() {
    const { editor, pane } = this;
    await editor.saved();
    editor.into(pane, await part("GET", `${editor.api}/examples?language=${encodeURIComponent(this.language)}`));
    this.told();
  }

  async add() {
    const { editor, pane } = this, phrase = pane.querySelector("#example-phrase"), intent = pane.querySelector("#example-intent");
    await editor.saved();
    const sent = { phrase: phrase.value, intent: intent.value, language: this.language };
    const answer = await ask("POST", `${editor.api}/examples`, sent).catch(() => ({ status: 0 }));
    if (answer.status !== 200) return editor.tell(why(answer, editor.t));
    phrase.value = "";
    editor.tell(editor.t("Added to %(file)s", { file: answer.body.path }));
    await editor.list();
    if (editor.path === answer.body.path) await editor.open(editor.path); else await editor.check();
    await this.show();
  }

  /** What the checks say of examples and answers. */
  told() {
    const place = this.pane.querySelector("#example-conflicts"), { editor } = this;
    if (!place) return;
    const found = editor.all.filter((it) => /(^|\/)(nlu|answers)\.[^/]*$/.test(it.file)).slice(0, 50);
    place.replaceChildren(...found.map((it) => editor.problem(it)));
    if (!found.length) place.append(make("li", { textContent: editor.t("There are none.") }));
  }
}
