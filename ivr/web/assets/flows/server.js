// Requests of the flow pages; CSRF and other headers are those that the page gives to htmx.

function headers() {
  try { return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"); } catch { return {}; }
}

/** Who signed in again in another tab has a new session, and this page an old token: take that of a fresh page. */
async function renewed() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin", redirect: "manual" });
  if (!answer.ok) return false;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").body.getAttribute("hx-headers");
  if (!found || found === document.body.getAttribute("hx-headers")) return false;
  document.body.setAttribute("hx-headers", found);
  return true;
}

async function send(method, address, sent, accept) {
  const made = { method, headers: { accept, ...headers() }, credentials: "same-origin", redirect: "manual" };
  if (sent !== undefined) {
    made.body = sent instanceof Blob ? sent : JSON.stringify(sent);
    made.headers["content-type"] = sent instanceof Blob ? sent.type || "application/octet-stream" : "application/json";
  } else if (method === "POST") made.body = "";
  let answer = await fetch(address, made);
  if (answer.status === 403 && method !== "GET" && await renewed()) {
    Object.assign(made.headers, headers());
    answer = await fetch(address, made);
  }
  return answer;
}

/** {status, body}; rejects when the server cannot be reached. */
export async function ask(method, address, sent) {
  const answer = await send(method, address, sent, "application/json");
  // A redirect leads to the sign-in page: the session is over.
  const status = answer.type === "opaqueredirect" ? 401 : answer.status;
  let body = null;
  try { body = await answer.json(); } catch { /* not JSON: the status tells */ }
  return { status, body };
}

/** A part of a page, made and escaped by the server: {status, html, body}. */
export async function part(method, address, sent) {
  let answer;
  try { answer = await send(method, address, sent, "application/json"); } catch { return { status: 0, html: "", body: null }; }
  if (answer.ok) return { status: answer.status, html: await answer.text(), body: null };
  let body = null;
  try { body = await answer.json(); } catch { /* not JSON: the status tells */ }
  return { status: answer.type === "opaqueredirect" ? 401 : answer.status, html: "", body };
}

/** What went wrong, in words. */
export function why(answer, t = (words) => words) {
  const detail = answer.body?.detail;
  if (answer.status === 0) return t("The server is away.");
  if (answer.status === 401) return t("You are signed out: sign in in another tab; your text is kept here.");
  if (typeof detail === "string" && detail) return t(detail);
  if (detail?.reason) return t(detail.reason);
  return t("The server answers %(status)s.", { status: answer.status });
}
