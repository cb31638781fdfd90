// Everything that goes to the service and comes from it. Reads are GET; every change carries the session's own token.

const BASE = new URL(".", document.baseURI).href;
let csrf = "";

/** An answer that is not what was asked for: the service's own words. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail || problem?.title || `the service answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export const setToken = (token) => { csrf = token; };

async function ask(method, path, body, headers = {}) {
  const reply = await fetch(BASE + path, { method, body, headers, credentials: "same-origin", cache: "no-store" }).catch(() => {
    throw new Refused(0, { detail: "the service is not heard: is it running?" });
  });
  const text = await reply.text();
  let answer = null;
  try { answer = text ? JSON.parse(text) : null; } catch { answer = { detail: text.slice(0, 200) }; }
  if (!reply.ok) throw new Refused(reply.status, answer);
  return answer;
}

export const get = (path) => ask("GET", path);
export const post = (path, value) => ask("POST", path, JSON.stringify(value), { "Content-Type": "application/json", "X-CSRF-Token": csrf });
export const remove = (path) => ask("DELETE", path, undefined, { "X-CSRF-Token": csrf });
export const send = (path, file) =>
  ask("POST", `${path}?name=${encodeURIComponent(file.name)}`, file, { "Content-Type": "application/octet-stream", "X-CSRF-Token": csrf });
export const put = (path, file) =>
  ask("PUT", path, file, { "Content-Type": "application/octet-stream", "X-CSRF-Token": csrf });
export const address = (path) => BASE + path;

/** Frames as they come; says when the stream is cut and when it is back. EventSource connects again by itself. */
export function stream(path, onFrame, onState) {
  const source = new EventSource(BASE + path, { withCredentials: true });
  source.addEventListener("frame", (event) => { onState(true); onFrame(JSON.parse(event.data)); });
  source.onerror = () => onState(false, source.readyState === EventSource.CLOSED);
  return () => source.close();
}
