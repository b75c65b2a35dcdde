// Requests of the flow pages; CSRF and other headers are those that the page gives to htmx.

function headers() {
  try { return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"); } catch { return {}; }
}

/** {status, body}; rejects when the server cannot be reached. */
export async function ask(method, address, sent) {
  const made = { method, headers: { accept: "application/json", ...headers() }, credentials: "same-origin", redirect: "manual" };
  if (sent !== undefined) {
    made.body = sent instanceof Blob ? sent : JSON.stringify(sent);
    if (!(sent instanceof Blob)) made.headers["content-type"] = "application/json";
  }
  const answer = await fetch(address, made);
  // A redirect leads to the sign-in page: the session is over.
  const status = answer.type === "opaqueredirect" ? 401 : answer.status;
  let body = null;
  try { body = await answer.json(); } catch { /* not JSON: the status tells */ }
  return { status, body };
}

/** What went wrong, in words. */
export function why(answer) {
  const detail = answer.body?.detail;
  if (typeof detail === "string") return detail;
  if (detail?.reason) return detail.reason;
  if (answer.status === 401) return "You are signed out: sign in in another tab; your text is kept here.";
  return `The server answers ${answer.status}.`;
}
