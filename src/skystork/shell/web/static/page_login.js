// Who is at the desk. Without an account there is nothing to see.

import { h, replace, toast } from "./dom.js";
import { address, get, post, remove, setToken } from "./server.js";

// Why single sign-on let nobody in: the words that the service sends the browser back with.
const SSO = {
  away: "The sign-on service is not heard. Try again, or log in by name and password.",
  another: "That login took too long, or was used before. Try again.",
  refused: "The sign-on service let nobody in.",
  unproven: "What the sign-on service sent proves nothing. Tell an administrator.",
  nameless: "The sign-on service gave no name that an account can have. Tell an administrator.",
  taken: "An account of that name belongs to somebody else. Tell an administrator.",
  "no-role": "This site has no role for you. Ask an administrator for one.",
};

/** The code for the first owner, from the address that the terminal shows; it does not stay in the address. */
function takeSetup(code, first) {
  const given = new URLSearchParams(location.hash.slice(1)).get("setup");
  if (!given) return;
  [code.value, first.open] = [given, true];
  history.replaceState(null, "", location.pathname);
}

/** A link to the site's own provider of identities, where it has one, and what came of the last try. */
async function offerSingleSignOn(form, said) {
  const why = new URLSearchParams(location.hash.slice(1)).get("sso");
  if (why) { said.textContent = SSO[why] ?? "Single sign-on let nobody in."; history.replaceState(null, "", location.pathname); }
  const ways = await get("v1/session/ways").catch(() => null);
  if (ways?.singleSignOn) form.append(h("a", { className: "button", id: "single-sign-on", href: address(ways.singleSignOn.path.slice(1)) }, ways.singleSignOn.label));
}

export function showLogin(page, done) {
  const name = h("input", { name: "name", autocomplete: "username", required: true, maxlength: 64 }), word = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 512 }), said = h("p", { className: "grave", role: "alert" });
  const code = h("input", { name: "code", maxlength: 64, autocomplete: "one-time-code" }), first = h("details", {}, h("summary", {}, "First run: make the owner"), h("label", {}, "Code that the terminal shows", code));
  const form = h("form", { className: "card login", onSubmit: async (event) => {
    event.preventDefault();
    try { const who = { name: name.value, password: word.value };
      const answer = code.value ? await post("v1/setup", { ...who, code: code.value }) : await post("v1/session", who); setToken(answer?.csrfToken ?? ""); replace(page); done(); } catch (error) { said.textContent = error.message; word.value = ""; word.focus(); }
  } }, h("h1", {}, "Skystork console"), h("label", {}, "Name", name), h("label", {}, "Password", word), first, h("button", { className: "primary" }, "Log in"), said);
  replace(page, form);
  takeSetup(code, first);
  offerSingleSignOn(form, said);
  name.focus();
}

export async function logOut() {
  try { await remove("v1/session"); } catch (error) { toast(error.message, "grave"); }
  location.reload();
}
