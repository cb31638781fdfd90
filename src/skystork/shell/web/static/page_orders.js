// Orders board: every order with its state and promise, why it goes the way it goes, and all that happened to it.

import { h, replace } from "./dom.js";
import * as f from "./format.js";
import { every, makeTable } from "./table.js";
import { get } from "./server.js";
import { order } from "./confirm.js";
import { choose, may, now } from "./store.js";

const STATES = ["", "waiting", "assigned", "flying", "releasing", "released", "release_unknown", "returning", "routed", "on_road", "offered", "with_partner", "delivered", "undeliverable", "cancelled"];
const ENDED = new Set(["delivered", "undeliverable", "cancelled"]);
const TINTS = { delivered: ["✓", "good"], undeliverable: ["✕", "grave"], cancelled: ["–", "soft"], waiting: ["○", "notice"], release_unknown: ["?", "grave"], returning: ["◀", "warn"] };

export function showOrders(page) {
  let rows = [], chosen = location.hash.split("/")[2] ?? null;
  const word = h("input", { type: "search", placeholder: "filter: an order, name, vehicle…", "aria-label": "filter", onInput: () => table.filter(word.value) });
  const state = h("select", { "aria-label": "state", onChange: draw }, STATES.map((each) => h("option", { value: each }, each ? each.replace("_", " ") : "every state")));
  const mode = h("select", { "aria-label": "mode", onChange: draw }, [["", "every way"], ["drone", "by drone"], ["van", "by van"], ["robot", "by robot"], ["partner", "by courier"]].map(([value, text]) => h("option", { value }, text)));
  const open = h("input", { type: "checkbox", id: "open-only", onChange: draw });
  const detail = h("div", { className: "card detail" }, h("p", { className: "soft" }, "Choose an order."));
  const table = makeTable([
    { name: "Order", value: (row) => row.orderId }, { name: "State", value: (row) => row.state, draw: (row) => { const [shape, tint] = TINTS[row.state] ?? ["▶", "notice"]; return h("span", { className: tint }, `${shape} ${row.state.replace("_", " ")}`); } },
    { name: "By", value: (row) => row.mode }, { name: "Vehicle", value: (row) => row.vehicleId }, { name: "For", value: (row) => row.recipient },
    { name: "kg", value: (row) => row.weightKg, number: true }, { name: "Accepted", value: (row) => row.acceptedAtS, draw: (row) => f.clock(row.acceptedAtS, false) },
    { name: "Promised", value: (row) => row.promisedByS, draw: (row) => f.clock(row.promisedByS, false) },
    { name: "Keeps it", value: (row) => (row.promisedByS ?? 0) - (row.deliveredAtS ?? row.etaS ?? now()), draw: (row) => { const told = f.against(row.promisedByS, row.deliveredAtS ?? row.etaS); return h("span", { className: told.grade }, told.text); } },
  ], { key: (row) => row.orderId, onPick: (row) => { chosen = row.orderId; load(); }, sort: { at: 6, down: true }, empty: "no such orders" });

  function draw() {
    table.take(rows.filter((row) => (!state.value || row.state === state.value) && (!mode.value || row.mode === mode.value) && (!open.checked || !ENDED.has(row.state))));
  }
  async function load() { if (chosen) replace(detail, drawDetail(await get(`console/orders/${encodeURIComponent(chosen)}`))); }

  replace(page, h("div", { className: "board" }, h("h1", {}, "Orders"), h("div", { className: "tools" }, word, state, mode, h("label", { for: "open-only" }, open, " only open ones")), h("div", { className: "split" }, table.element, detail)));
  if (chosen) table.choose(chosen);
  return every(2500, async () => { rows = await get("console/orders"); draw(); await load(); });
}

function drawDetail(view) {
  const reasons = (title, list) => (list === null ? null : h("p", {}, h("strong", {}, title), " ", list.length ? list.map((each) => h("div", { className: "warn" }, `✕ ${each}`)) : h("span", { className: "good" }, "✓ nothing against it")));
  const id = view.order.orderId;
  return [h("h2", {}, `Order ${id} `, h("small", {}, view.order.state.replace("_", " "))), h("p", {}, `For ${view.order.recipient || "nobody named"}, ${view.order.weightKg} kg, to ${view.latitude.toFixed(5)}, ${view.longitude.toFixed(5)}`),
    view.order.vehicleId ? h("p", {}, "With ", h("button", { className: "link", onClick: () => { choose(view.order.vehicleId); location.hash = "#/map"; } }, view.order.vehicleId)) : null,
    h("h3", {}, "Why this mode"), reasons("By drone:", view.droneReasons), reasons("By van:", view.vanReasons), view.ways.length ? h("div", { className: "soft" }, "Compared when it was last decided:", view.ways.map((way) => h("div", {}, way))) : null,
    h("div", { className: "actions" }, h("button", { disabled: ENDED.has(view.order.state) || !may("cancelOrder"), onClick: () => order({ type: "cancelOrder", orderId: id }, `Cancel order ${id}`) }, "Cancel"), h("button", { disabled: !["assigned"].includes(view.order.state) || !may("takeOrderOffDrone"), onClick: () => order({ type: "takeOrderOffDrone", orderId: id }, `Take order ${id} off its drone`) }, "Take off its drone"), view.order.flightId ? h("a", { href: `console/flights/${encodeURIComponent(view.order.flightId)}/plan`, download: "" }, "Plan as .plan") : null),
    h("h3", {}, "What happened"), h("ol", { className: "timeline" }, view.timeline.map((each) => h("li", { className: each.grade }, h("time", {}, f.clock(each.atS)), h("strong", {}, each.what), ` ${each.on.replace(id, "").trim()}`, each.text ? ` — ${each.text}` : "")))];
}
