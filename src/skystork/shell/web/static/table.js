// A table that sorts by its heads and filters by a word; rows stay where they are while their figures change, and as they
// are while a pointer is pressed on them: a click is on the element on which it began.

import { h, replace } from "./dom.js";

/** Columns: { name, value(row), draw(row)?, number? }. Returns { element, take(rows), filter(text) }. */
export function makeTable(columns, { onPick = null, key = (row) => row.id, empty = "nothing here", sort = null } = {}) {
  let rows = [], word = "", sorted = sort ?? { at: 0, down: false }, chosen = null, isPressed = false;
  const body = h("tbody"), heads = columns.map((column, at) => h("th", { className: column.number ? "number" : "", scope: "col" }, h("button", { onClick: () => { sorted = { at, down: sorted.at === at && !sorted.down }; draw(); } }, column.name)));
  const element = h("table", { onPointerdown: press }, h("thead", {}, h("tr", {}, heads)), body);

  function press() {
    isPressed = true;
    const over = new AbortController(), end = () => { over.abort(); setTimeout(() => { isPressed = false; draw(); }); }; // after the click
    for (const ending of ["pointerup", "pointercancel"]) window.addEventListener(ending, end, { signal: over.signal });
  }

  function draw() {
    if (isPressed) return;
    heads.forEach((head, at) => head.setAttribute("aria-sort", at !== sorted.at ? "none" : sorted.down ? "descending" : "ascending"));
    const seen = rows.filter((row) => !word || columns.some((column) => String(column.value(row) ?? "").toLowerCase().includes(word)));
    seen.sort((a, b) => compare(columns[sorted.at].value(a), columns[sorted.at].value(b)) * (sorted.down ? -1 : 1));
    replace(body, seen.length ? seen.map(drawRow) : h("tr", {}, h("td", { colspan: columns.length, className: "soft" }, empty)));
  }

  function drawRow(row) {
    const id = key(row), pick = () => { chosen = id; onPick?.(row); draw(); };
    return h("tr", { className: `${onPick ? "pick" : ""} ${id === chosen ? "chosen" : ""}`, tabindex: onPick ? 0 : null, "data-id": id, onClick: onPick ? pick : null, onKeydown: onPick ? (event) => { if (event.key === "Enter") pick(); } : null },
      columns.map((column) => h("td", { className: column.number ? "number" : "" }, column.draw ? column.draw(row) : column.value(row) ?? "–")));
  }

  return { element, take(next) { rows = next; draw(); }, filter(text) { word = text.trim().toLowerCase(); draw(); }, choose(id) { chosen = id; draw(); } };
}

const NATURAL = new Intl.Collator("en", { numeric: true }); // LC-2 before LC-10

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  if (typeof a === "string" && typeof b === "string") return NATURAL.compare(a, b);
  return a < b ? -1 : 1;
}

/** Fetch again and again while a page is shown. */
export function every(milliseconds, work) {
  let over = false;
  const go = async () => { if (over) return; await work().catch(() => {}); if (!over) setTimeout(go, milliseconds); };
  go();
  return () => { over = true; };
}
