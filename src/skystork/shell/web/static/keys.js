// The keyboard: one table for the whole page, shown by "?". A key does nothing while a person types.

import { h } from "./dom.js";

const bound = new Map();

/** Bind a key for as long as a page is shown; returns how to unbind it. */
export function bind(key, what, run) {
  bound.set(key, { what, run });
  return () => { if (bound.get(key)?.run === run) bound.delete(key); };
}

export function bindAll(rows) {
  const undo = rows.map(([key, what, run]) => bind(key, what, run));
  return () => undo.forEach((each) => each());
}

const typing = (target) => target.closest?.("input:not([type=range]):not([type=checkbox]), textarea, select, dialog");

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const found = bound.get(event.key);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
  bind("?", "show these keys", showHelp);
}

export function showHelp() {
  const rows = [...bound].filter(([key]) => !/^[2-6]$/.test(key)).map(([key, { what }]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, what)));
  const dialog = h("dialog", { id: "help" }, h("h2", {}, "Keys"), h("table", { className: "keys" }, h("tbody", {}, rows)),
    h("p", { className: "soft" }, "In a question: Enter says yes, Escape says no. Tab walks through everything."),
    h("div", { className: "buttons" }, h("button", { onClick: () => dialog.close() }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
