// Nothing that is typed is lost: kept in the browser at every change, saved to the draft a moment later, merged with
// what others saved, kept on when the session is over or the server away.

const WAIT_MS = 1200;
const AGAIN_MS = 5000;

export class Keeping {
  /** `send(text, seen)` answers {status, body}; `told(state, body)` hears: typed, saving, saved, merged,
   *  conflict, signed_out, away, refused. */
  constructor(name, store, send, told, later = (f, ms) => setTimeout(f, ms), never = (it) => clearTimeout(it)) {
    Object.assign(this, { name, store, send, told, later, never });
    this.seen = 0;
    this.text = "";
    this.timer = null;
    this.busy = false;
    this.held = false;
  }

  /** What was typed and never saved in an earlier visit: {text, seen}, or null. */
  static left(name, store) {
    try { return JSON.parse(store.getItem(name)); } catch { return null; }
  }

  opened(text, seen) {
    this.text = text;
    this.seen = seen;
  }

  typed(text) {
    if (text === this.text && !this.dirty) return;
    this.text = text;
    this.dirty = true;
    this.store.setItem(this.name, JSON.stringify({ text, seen: this.seen }));
    this.told("typed");
    if (!this.held) this.soon(WAIT_MS);
  }

  soon(ms) {
    this.never(this.timer);
    this.timer = this.later(() => this.save(), ms);
  }

  /** A contradiction was decided: `text` goes over revision `seen`. */
  chosen(text, seen) {
    this.held = false;
    this.seen = seen;
    this.dirty = true;
    this.text = text;
    return this.save();
  }

  async save() {
    if (this.busy || !this.dirty || this.held) return;
    this.busy = true;
    const sent = this.text;
    this.told("saving");
    let answer;
    try { answer = await this.send(sent, this.seen); } catch { answer = { status: 0, body: null }; }
    this.busy = false;
    if (answer.status === 200) return this.saved(sent, answer.body);
    if (answer.status === 409 && answer.body?.detail?.both !== undefined) {
      this.held = true;
      return this.told("conflict", answer.body.detail);
    }
    if (answer.status === 401) {
      this.told("signed_out");
      return this.soon(AGAIN_MS); // who signed in in another tab need not come back here
    }
    if ([403, 404, 413, 422].includes(answer.status)) return this.told("refused", answer.body?.detail);
    this.told("away");
    this.soon(AGAIN_MS);
  }

  saved(sent, body) {
    if (this.text !== sent) {
      // Others' edits that were merged are not in this text: its next save is merged upon what it began from.
      if (!body.merged) this.seen = body.revision;
      this.store.setItem(this.name, JSON.stringify({ text: this.text, seen: this.seen }));
      return this.soon(WAIT_MS);
    }
    this.seen = body.revision;
    this.dirty = false;
    this.store.removeItem(this.name);
    if (body.merged) this.text = body.merged;
    this.told(body.merged ? "merged" : "saved", body);
  }
}
