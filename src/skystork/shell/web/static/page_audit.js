// Audit trail: everything that was recorded, newest first, and whether the chain of hashes holds.

import { h, replace } from "./dom.js";
import * as f from "./format.js";
import { makeTable } from "./table.js";
import { address, get } from "./server.js";

export function showAudit(page) {
  let before = null, rows = [];
  const people = h("input", { type: "checkbox", checked: true, onChange: again }), word = h("input", { type: "search", placeholder: "filter what is shown", "aria-label": "filter", onInput: () => table.filter(word.value) }), chain = h("span", {});
  const more = h("button", { onClick: load }, "Earlier");
  const table = makeTable([{ name: "Row", value: (row) => row.seq, number: true }, { name: "When", value: (row) => row.atS, draw: (row) => f.stamp(row.atS) }, { name: "Who", value: (row) => row.by }, { name: "What", value: (row) => row.what }, { name: "On", value: (row) => row.on }, { name: "Said", value: (row) => row.text }], { key: (row) => row.seq, sort: { at: 0, down: true }, empty: "nobody ordered anything; without the tick everything that was recorded is shown" });
  async function load() {
    const found = await get(`console/audit?people=${people.checked ? 1 : 0}${before ? `&before=${before}` : ""}`);
    rows = [...rows, ...found.rows];
    before = found.rows.at(-1)?.seq ?? before;
    more.disabled = found.rows.length === 0;
    table.take(rows);
  }
  async function again() { before = null; rows = []; await load(); }
  async function verify() {
    replace(chain, h("span", { className: "soft" }, "reading…"));
    const found = await get("console/audit/chain");
    replace(chain, h("span", { className: found.broken ? "grave" : "good" }, found.broken ? `✕ changed at row ${found.broken}` : `✓ ${found.rows} rows, chain unbroken`));
  }
  replace(page, h("div", { className: "board" }, h("h1", {}, "Audit trail"), h("div", { className: "tools" }, h("label", {}, people, " only what people did"), word, h("button", { onClick: verify }, "Verify the chain"), chain, h("a", { href: address("console/audit/export"), download: "audit.jsonl" }, "Export")), table.element, h("div", { className: "tools" }, more)));
  load();
}
