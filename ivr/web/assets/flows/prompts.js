// Prompts: heard as callers hear them, uploaded, recorded here.
import { ask, why } from "./server.js";
import { Recording } from "./recording.js";

export class Prompts {
  constructor(pane, editor, again) {
    Object.assign(this, { pane, editor, again, recording: null });
    pane.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]"), row = event.target.closest("[data-prompt]");
      if (button && row) this[button.dataset.do](row, button);
    });
    pane.addEventListener("change", (event) => {
      const row = event.target.closest("[data-prompt]");
      if (row && event.target.files?.length) this.keep(row, event.target.files[0]);
    });
  }

  address(row) {
    return `${this.editor.api}/prompts/${row.dataset.prompt.split("/").map(encodeURIComponent).join("/")}`;
  }

  tell(words) {
    const place = this.pane.querySelector("#prompt-told");
    if (place) place.textContent = words;
  }

  async hear(row) {
    const player = this.pane.querySelector("#prompt-player");
    player.src = `${this.address(row)}?at=${Date.now()}`;
    try { await player.play(); } catch {
      const answer = await ask("GET", this.address(row)).catch(() => ({ status: 0 }));
      if (answer.status !== 200) this.tell(why(answer, this.editor.t));
    }
  }

  async record(row, button) {
    if (this.recording) {
      const made = this.recording;
      this.recording = null;
      button.textContent = this.words;
      const sound = await made.stop();
      return this.keep(row, sound);
    }
    try { this.recording = await Recording.begin(); } catch (error) {
      return this.tell(this.editor.t("The microphone cannot be used: %(why)s", { why: error.message }));
    }
    this.words = button.textContent;
    button.textContent = button.dataset.stop;
    this.tell(this.editor.t("Recording: press again to stop."));
  }

  async keep(row, sound) {
    this.tell(this.editor.t("Saving"));
    const seen = row.dataset.revision, answer = await ask("PUT", `${this.address(row)}?seen=${seen}`, sound).catch(() => ({ status: 0 }));
    if (answer.status !== 200) return this.tell(why(answer, this.editor.t));
    await this.again();
    this.tell(this.editor.t("The recording is in the draft: %(seconds)s s.", { seconds: answer.body.seconds.toFixed(1) }));
  }

  async remove(row) {
    const answer = await ask("DELETE", `${this.address(row)}?seen=${row.dataset.revision}`).catch(() => ({ status: 0 }));
    if (answer.status !== 200) return this.tell(why(answer, this.editor.t));
    await this.again();
  }
}
