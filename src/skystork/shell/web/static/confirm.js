// Nothing is ordered by one click: the service first says what it would touch and cause, a person reads it and says yes.

import { h, toast } from "./dom.js";
import { post } from "./server.js";
import { known } from "./store.js";

const VALID_S = 60, LONGEST_LIFE_S = 295;

/** A command with an id of its own, which is never done twice, and a short life. */
function made(fields, why, dryRun) {
  const at = known.frame?.atS ?? Date.now() / 1000;
  const moment = (seconds) => new Date(seconds * 1000).toISOString();
  return { ...fields, commandId: crypto.randomUUID?.() ?? `c-${Math.random().toString(36).slice(2)}-${Date.now()}`, issuedAt: moment(at), expiresAt: moment(at + Math.min(LONGEST_LIFE_S, VALID_S * Math.max(1, known.frame?.speed ?? 1))), why, dryRun };
}

/** Ask the service what a command would do, ask the person, and do it. Resolves with the answer, or null. */
export async function order(fields, title, consequence = "") {
  let dry;
  try {
    dry = await foresee(fields, null);
    if (dry.status === "REFUSED" && dry.reason === "STALE") dry = await foresee(fields, dry.targetVersion);
  } catch (error) {
    toast(`${title}: ${error.message}`, "grave");
    return null;
  }
  const why = await askPerson(fields, title, consequence, dry);
  if (why === null) return null;
  try {
    const answer = await post("console/command", { ...made(fields, why, false), targetVersion: dry.targetVersion ?? null });
    tell(title, answer);
    return answer;
  } catch (error) {
    toast(`${title}: ${error.message}`, "grave");
    return null;
  }
}

/** What changes nothing that flies needs no question. */
export async function sendNow(fields) {
  try { return await post("console/command", made(fields, "at the console", false)); } catch (error) { toast(error.message, "grave"); return null; }
}

/** What it would do to the target as it is now; that version is what the person then says yes to. */
const foresee = (fields, targetVersion) => post("console/command", { ...made(fields, "asked what it would do", true), targetVersion });

function tell(title, answer) {
  const words = { FINISHED: "done", AWAITING_CONFIRMATION: "waits for a second person", REFUSED: "refused", FAILED: "failed" };
  toast(`${title}: ${words[answer.status] ?? answer.status}${answer.detail ? ` — ${answer.detail}` : ""}`, ["FINISHED", "AWAITING_CONFIRMATION"].includes(answer.status) ? "" : "grave");
}

/** A target as a person calls it: `vehicle/LC-1` is LC-1, `order/O-1` is order O-1. */
export function named(target) {
  const [kind, ...rest] = target.split("/");
  if (!rest.length) return kind === "site" ? "the whole site" : kind;
  return kind === "vehicle" ? rest.join("/") : `${kind} ${rest.join("/")}`;
}

/** An action as a person says it: `callOff` is call off. */
const spoken = (action) => action.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** A question of the page's own; resolves with true where a person says yes. */
export function ask(title, content, yes = "Yes") {
  return new Promise((resolve) => {
    let said = false;
    const button = h("button", { className: "primary", type: "submit" }, yes);
    const dialog = h("dialog", { className: "confirm" }, h("form", { method: "dialog", onSubmit: (event) => { event.preventDefault(); said = true; dialog.close(); } }, h("h2", {}, title), content, h("div", { className: "buttons" }, h("button", { type: "button", onClick: () => dialog.close() }, "No (Esc)"), button)));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(said); });
    document.body.append(dialog);
    dialog.showModal();
    (dialog.querySelector("input") ?? button).focus();
  });
}

/** The question: every target by name with what happens to it. Null where the person says no. */
function askPerson(fields, title, consequence, dry) {
  const refused = dry.status === "REFUSED";
  const targets = dry.targets ?? [];
  return new Promise((resolve) => {
    let said = null;
    const why = h("input", { name: "why", maxlength: 200, placeholder: "in the audit trail", value: "" });
    const yes = h("button", { className: "primary", type: "submit", disabled: refused }, refused ? "Refused" : targets.length > 1 ? `Yes, all ${targets.length}` : "Yes");
    const form = h("form", { method: "dialog", onSubmit: (event) => { event.preventDefault(); if (refused) return; said = why.value.trim() || "as decided at the console"; dialog.close(); } },
      h("h2", {}, title),
      consequence ? h("p", {}, consequence) : null,
      refused ? h("p", { className: "grave" }, `Not possible now: ${dry.detail}`) : null,
      targets.length ? h("table", { className: "targets" }, h("thead", {}, h("tr", {}, ["Target", "What is done", "What it causes"].map((word) => h("th", {}, word)))),
        h("tbody", {}, targets.map((each) => h("tr", {}, h("td", {}, h("strong", {}, named(each.target))), h("td", {}, spoken(each.action)), h("td", {}, each.consequence))))) : h("p", { className: "soft" }, refused ? "" : "It touches no vehicle in the air."),
      h("label", {}, "Why ", why),
      h("div", { className: "buttons" }, h("button", { type: "button", onClick: () => dialog.close() }, "No (Esc)"), yes));
    const dialog = h("dialog", { className: "confirm", "data-command": fields.type }, form);
    dialog.addEventListener("close", () => { dialog.remove(); resolve(said); });
    document.body.append(dialog);
    dialog.showModal();
    (refused ? form.querySelector("button") : yes).focus();
  });
}
