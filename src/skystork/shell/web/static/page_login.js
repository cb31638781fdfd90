// Who is at the desk. Without an account there is nothing to see.

import { h, replace, toast } from "./dom.js";
import { get, post, remove, setToken } from "./server.js";

export function showLogin(page, done) {
  const name = h("input", { name: "name", autocomplete: "username", required: true, maxlength: 64 }), word = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 512 }), said = h("p", { className: "grave", role: "alert" });
  const code = h("input", { name: "code", maxlength: 64, autocomplete: "one-time-code" }), first = h("details", {}, h("summary", {}, "First run: make the owner"), h("label", {}, "Code that the terminal shows", code));
  const form = h("form", { className: "card login", onSubmit: async (event) => {
    event.preventDefault();
    try { const who = { name: name.value, password: word.value };
      const answer = code.value ? await post("v1/setup", { ...who, code: code.value }) : await post("v1/session", who); setToken(answer?.csrfToken ?? ""); replace(page); done(); } catch (error) { said.textContent = error.message; word.value = ""; word.focus(); }
  } }, h("h1", {}, "Skystork console"), h("label", {}, "Name", name), h("label", {}, "Password", word), first, h("button", { className: "primary" }, "Log in"), said);
  replace(page, form);
  name.focus();
}

export async function logOut() {
  try { await remove("v1/session"); } catch (error) { toast(error.message, "grave"); }
  location.reload();
}

export const whoAmI = () => get("console/me");
