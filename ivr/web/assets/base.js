// Every page: htmx, what happens when the session ended or the server is away, and dates in the reader's own zone.
import htmx from "htmx.org";

window.htmx = htmx;
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false; // they would be an inline style; base.css has them

const notice = () => document.getElementById("notice");

/** Say something at the top of the page, to screen readers too. */
export function tell(text) {
  const place = notice();
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status, place = notice();
  if (!place) return;
  if (status === 401) {
    tell(place.dataset.signedOut);
    return;
  }
  let why = "";
  try { why = JSON.parse(event.detail.xhr.responseText).detail; } catch { /* a page, not a reason */ }
  tell(typeof why === "string" && why ? why : place.dataset.failed);
});
document.addEventListener("htmx:sendError", () => tell(notice()?.dataset.away ?? ""));
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) tell(""); });

// Forms and links that ask before they act: <form data-confirm="Really?">
document.addEventListener("submit", (event) => {
  const question = event.target.dataset?.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
}, true);
