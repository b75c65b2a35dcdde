// The inbox: play a message below the list; "call back" takes the entry and dials with the program of this computer.
import { tell } from "./base.js";

const player = document.getElementById("inbox-player"), audio = player.querySelector("audio");

document.getElementById("inbox").addEventListener("click", async (event) => {
  const play = event.target.closest(".inbox-play"), call = event.target.closest(".inbox-call");
  if (play) {
    player.hidden = false;
    audio.src = play.dataset.sound;
    audio.play().catch(() => tell(document.getElementById("notice").dataset.failed));
  } else if (call) {
    event.preventDefault(); // only who has it calls: two must not
    try {
      await window.htmx.ajax("POST", call.dataset.post, {
        source: call, target: call.closest("tr"), swap: "outerHTML", values: { state: "taken", why: "call_back" },
      });
    } catch { return; }
    const done = document.getElementById(call.closest("tr").id);
    if (done?.dataset.state === "taken" && done !== call.closest("tr")) location.href = call.href;
  }
});
