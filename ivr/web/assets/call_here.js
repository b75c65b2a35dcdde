// The page that calls a line: button, state, levels, keypad.
import { Call } from "./call_here/call.js";

const place = document.getElementById("call"), find = (name) => document.getElementById(name);
const [dial, line, begin, end, state, time, record] =
  ["dial", "line", "begin", "end", "state", "time", "record"].map(find);
const keys = [...find("keys").children], going = new Set(["asking", "calling", "ringing", "answered"]);
let call = null, answered = 0, loudness = [0, 0];

dial.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (call) return;
  record.hidden = true;
  time.textContent = "";
  call = new Call(place.dataset.worklet, { told, levels: (...now) => { loudness = now; } });
  try {
    await call.begin(line.value);
  } catch {
    call?.finish("none");
  }
});
end.addEventListener("click", () => call?.hangUp());
find("keys").addEventListener("click", (event) => { if (event.target.value) call?.press(event.target.value); });
document.addEventListener("keydown", (event) => {
  const other = event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (!other && /^[0-9*#]$/.test(event.key)) call?.press(event.key);
});
window.addEventListener("pagehide", () => call?.finish("ended-caller"));

function told(name, why = "", id = "") {
  const text = place.dataset[name.replace(/-(.)/, (_, letter) => letter.toUpperCase())] ?? "";
  state.textContent = why ? `${text} (${why})` : text;
  place.dataset.state = name;
  if (id && place.dataset.record) record.href = place.dataset.record + id;
  if (name === "answered") answered = performance.now();
  const on = going.has(name);
  begin.disabled = line.disabled = on;
  end.disabled = !on;
  for (const key of keys) key.disabled = name !== "answered";
  if (!on) {
    if (answered && place.dataset.record) record.hidden = false;
    call = null;
    answered = 0;
    loudness = [0, 0];
    begin.focus();
  }
}

function show() {
  [find("said").value, find("heard").value] = loudness;
  if (answered) {
    const seconds = Math.floor((performance.now() - answered) / 1000);
    time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
  requestAnimationFrame(show);
}
show();
