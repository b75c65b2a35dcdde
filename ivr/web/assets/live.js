// Calls in progress: rows that follow the stream of /live/events, what is done with a call, listening in.
import { tell } from "./base.js";
import { Ear } from "./live/ear.js";

const place = document.getElementById("live"), texts = place.dataset;
const id = (name) => document.getElementById(name);
const of = (node, name) => node.querySelector(`[data-of="${name}"]`);
const AGAIN_MS = 3000;

/** 75 -> "1:15". */
const clock = (seconds) => {
  const s = Math.floor(seconds), two = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
};
const now = () => performance.now() / 1000;
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };

const calls = new Map(); // id -> {call, row, since}
let nodes = new Map(), queues = [];

// --- rows -----------------------------------------------------------------------------------------------------

function show(call) {
  let known = calls.get(call.id);
  if (!known) {
    const row = id("live-row").content.firstElementChild.cloneNode(true);
    row.dataset.call = call.id;
    row.querySelector("[data-to=call]").href = `/calls/${call.id}`;
    const after = [...id("live-calls").children].find((it) => it.dataset.call > call.id);
    id("live-calls").insertBefore(row, after ?? null);
    calls.set(call.id, known = { row });
  }
  const { row } = known;
  known.call = call;
  known.since = now() - call.lasts_s;
  for (const name of ["line", "flow", "at_node", "language", "said", "node"]) put(of(row, name), call[name] ?? "");
  put(of(row, "caller"), call.caller || "—");
  put(of(row, "by"), call.said ? texts[call.said_by] ?? "" : "");
  of(row, "position").hidden = !call.position;
  put(of(row, "position"), call.position ? `${texts.waiting} ${call.position}` : "");
  const who = call.caller || call.id.slice(-6);
  for (const button of row.querySelectorAll("[data-do]")) button.setAttribute("aria-label", `${button.textContent.trim()} (${who})`);
}

function over(call) {
  calls.get(call)?.row.remove();
  calls.delete(call);
  if (ear.call === call) ear.stop(texts.over);
}

function filter() {
  const wanted = id("live-filter").value.trim().toLowerCase();
  let shown = 0;
  for (const { row, call } of calls.values()) {
    const text = [call.caller, call.line, call.flow, call.at_node, call.node, call.language, call.said].join(" ").toLowerCase();
    row.hidden = Boolean(wanted) && !text.includes(wanted);
    shown += !row.hidden;
  }
  put(id("live-count"), shown === calls.size ? `${shown}` : `${shown} / ${calls.size}`);
  id("live-none").hidden = calls.size > 0;
}

function tick() {
  for (const { row, since, call } of calls.values()) {
    put(of(row, "lasts"), clock(now() - since));
    const away = nodes.get(call.node)?.there === false;
    row.classList.toggle("away", away);
    of(row, "away").hidden = !away;
    put(of(row, "away"), away ? ` (${texts.away})` : "");
  }
  for (const queue of queues) put(queue.place, queue.since === null ? "0:00" : clock(now() - queue.since));
  const silent = of(id("live-ear"), "silent"), heard = calls.get(ear.call)?.call;
  silent.hidden = !heard || heard.kept;
  put(silent, texts.silent);
}

function showNodes(list) {
  nodes = new Map(list.map((it) => [it.name, it]));
  const ladder = [...id("live-ladder").children].map((it) => it.textContent);
  id("live-nodes").replaceChildren(...list.map((node) => {
    const card = id("live-node").content.firstElementChild.cloneNode(true), media = node.media;
    const state = !node.there ? "away" : !media ? "no_media" : media.draining ? "draining" : "there";
    put(of(card, "name"), node.name);
    put(of(card, "state"), document.querySelector(`#live-states [data-state=${state}]`).textContent);
    of(card, "state").classList.add(state === "there" ? "fine" : state === "draining" ? "warn" : "bad");
    card.dataset.state = state;
    of(card, "there").hidden = !media;
    if (media) {
      const busy = Math.max(0, media.max_calls - media.free_calls);
      put(of(card, "calls"), `${busy} / ${media.max_calls}`);
      Object.assign(of(card, "meter"), { max: media.max_calls || 1, value: busy });
      put(of(card, "step"), String(media.ladder_step));
      put(of(card, "ladder"), media.ladder_step ? ladder[media.ladder_step] ?? "" : "");
      of(card, "ladder").className = media.ladder_step ? "warn" : "";
    }
    return card;
  }));
}

function showQueues(list) {
  queues = [];
  const words = id("live-nodes").dataset;
  id("live-queues").replaceChildren(...list.map((queue) => {
    const card = id("live-queue").content.firstElementChild.cloneNode(true);
    put(of(card, "destination"), queue.destination);
    put(of(card, "count"), String(queue.waiting.length));
    const longest = Math.max(0, ...queue.waiting.map((it) => it.waits_s));
    queues.push({ place: of(card, "longest"), since: queue.waiting.length ? now() - longest : null });
    of(card, "agents").append(...queue.agents.map((agent) => {
      const item = document.createElement("li"), name = document.createElement("bdi");
      name.textContent = agent.name;
      item.className = `state ${{ free: "fine", talking: "", ringing: "warn", resting: "quiet" }[agent.state] ?? ""}`;
      item.append(name, ` ${words[agent.state] ?? agent.state}`);
      return item;
    }));
    return card;
  }));
  id("live-no-queues").hidden = list.length > 0;
}

// --- the stream -----------------------------------------------------------------------------------------------

function take(news) {
  if (news.full) for (const call of [...calls.keys()]) if (!news.calls.some((it) => it.id === call)) over(call);
  for (const call of news.gone) over(call);
  for (const call of news.calls) show(call);
  if (news.nodes) showNodes(news.nodes);
  if (news.queues) { showQueues(news.queues); id("live-stale").hidden = news.database; }
  filter();
  tick();
}

function connect() {
  const state = id("live-state"), stream = new EventSource("/live/events");
  stream.onopen = () => { put(state, state.dataset.on); state.className = "quiet"; };
  stream.onmessage = (event) => take(JSON.parse(event.data));
  stream.onerror = async () => {
    put(state, state.dataset.off);
    state.className = "warn";
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    stream.close();
    try {
      const answer = await fetch("/live", { headers: { accept: "application/json" } });
      if (answer.status === 401) { tell(id("notice").dataset.signedOut); setTimeout(connect, 5 * AGAIN_MS); return; }
    } catch { /* the server is away */ }
    setTimeout(connect, AGAIN_MS);
  };
}

// --- what is done with a call ---------------------------------------------------------------------------------

async function ask(kind, call) {
  const dialog = id("live-ask");
  for (const part of dialog.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== kind;
  put(of(dialog, "caller"), `${call.caller} · ${call.flow} → ${call.at_node}`);
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  return dialog.returnValue === "yes";
}

async function order(kind, call) {
  if (!(await ask(kind, call))) return;
  const body = new URLSearchParams(kind === "transfer" ? { to: id("live-to").value } : {});
  const notice = id("notice").dataset;
  try {
    const answer = await fetch(`/live/calls/${call.id}/${kind}`, { method: "POST", body, headers: { "x-csrf-token": texts.csrf } });
    if (answer.ok) { tell(""); return; }
    if (answer.status === 401) { tell(notice.signedOut); return; }
    if (answer.status === 404) { tell(texts.gone); return; }
    const why = (await answer.json().catch(() => ({}))).detail;
    tell(typeof why === "string" && why ? why : notice.failed);
  } catch { tell(notice.away); }
}

const ear = new Ear({
  left: id("live-left"), right: id("live-right"),
  changed: (call, why) => {
    for (const button of document.querySelectorAll("[data-do=listen]")) {
      button.setAttribute("aria-pressed", String(button.closest("tr").dataset.call === call));
    }
    id("live-ear").hidden = !call;
    if (call) put(of(id("live-ear"), "caller"), calls.get(call)?.call.caller ?? "");
    tell(why ? { gone: texts.over, away: texts.nodeAway, refused: texts.refused }[why] ?? why : "");
    tick();
  },
});

id("live-calls").addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  const call = button && calls.get(button.closest("tr").dataset.call)?.call;
  if (!call) return;
  if (button.dataset.do !== "listen") order(button.dataset.do, call);
  else if (ear.call === call.id) ear.stop();
  else ear.listen(call.id);
});
id("live-stop").addEventListener("click", () => ear.stop());
id("live-filter").addEventListener("input", filter);
setInterval(tick, 1000);
connect();
