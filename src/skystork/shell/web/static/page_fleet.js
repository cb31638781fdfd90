// Fleet and battery board: what each vehicle can do now, what its battery is worth, and what couriers have of ours.

import { h, replace } from "./dom.js";
import * as f from "./format.js";
import { meter } from "./plot.js";
import { every, makeTable } from "./table.js";
import { get } from "./server.js";
import { order } from "./confirm.js";
import { choose, known, may, on } from "./store.js";

export function showFleet(page) {
  let facts = new Map();
  const word = h("input", { type: "search", placeholder: "filter: a vehicle, phase, type…", "aria-label": "filter", onInput: () => table.filter(word.value) });
  const table = makeTable([
    { name: "Vehicle", value: (row) => row.vehicleId, draw: toMap },
    { name: "State", value: (row) => row.phase, draw: (row) => { const [shape, tint] = f.sign(row.phase); return h("span", { className: tint }, `${shape} ${row.phase}`); } },
    { name: "Link", value: (row) => row.link, draw: (row) => h("span", { className: row.link === "up" ? "" : "grave" }, row.link === "up" ? "✓ up" : `✕ ${row.link}`) },
    { name: "Battery", value: (row) => row.battery, number: true, draw: (row) => h("span", { className: f.batteryGrade(row.battery) }, h("span", { className: "meter" }, meter(row.battery, f.batteryGrade(row.battery))), ` ${f.percent(row.battery)}`) },
    { name: "Range", value: (row) => row.rangeM ?? null, number: true, draw: (row) => (row.rangeM ? `${f.number(row.rangeM / 1000, 1)} km` : f.DASH) },
    { name: "Type", value: (row) => row.profile }, { name: "Autopilot", value: (row) => row.autopilot }, { name: "Order", value: (row) => row.orderId },
    { name: "Flights", value: (row) => row.flights ?? 0, number: true }, { name: "Delivered", value: (row) => row.delivered ?? 0, number: true },
    { name: "Note", value: (row) => row.note, draw: (row) => [row.note || "", row.phase === "out of service" ? h("button", { disabled: !may("restoreVehicle"), onClick: () => order({ type: "restoreVehicle", vehicleId: row.vehicleId }, `Put ${row.vehicleId} back into service`) }, "Restore") : null] },
  ], { key: (row) => row.vehicleId });
  const vans = makeTable([{ name: "Vehicle", value: (row) => row.vehicleId, draw: toMap }, { name: "Type", value: (row) => row.kind }, { name: "State", value: (row) => row.phase }, { name: "Stops left", value: (row) => row.stops.length, number: true }, { name: "Next at", value: (row) => row.etaS, draw: (row) => f.clock(row.etaS) }, { name: "Battery", value: (row) => row.battery, number: true, draw: (row) => f.percent(row.battery) }], { key: (row) => row.vehicleId, empty: "no vans or robots in this site" });
  const couriers = makeTable([{ name: "Courier", value: (row) => row.name }, { name: "Asked, no answer yet", value: (row) => row.asked, number: true }, { name: "Carries", value: (row) => row.carries, number: true }, { name: "At most", value: (row) => row.capacity, number: true }], { key: (row) => row.name, empty: "no couriers in this site" });
  const draw = () => { if (!known.frame) return; table.take(known.frame.drones.map((mark) => ({ ...mark, ...facts.get(mark.vehicleId) }))); vans.take(known.frame.vans); couriers.take(known.frame.partners); };
  replace(page, h("div", { className: "board" }, h("h1", {}, "Fleet and batteries"), h("div", { className: "tools" }, word), table.element, h("h1", { className: "second" }, "Vans and robots"), vans.element, h("h1", { className: "second" }, "Couriers of partners"), couriers.element));
  const stops = [on("frame", draw), every(5000, async () => { facts = new Map((await get("console/fleet")).map((row) => [row.vehicleId, row])); draw(); })];
  draw();
  return () => stops.forEach((stop) => stop());
}

/** To where it is on the map, with all that is known of it beside. */
const toMap = (row) => h("button", { className: "link", onClick: () => { choose(row.vehicleId); location.hash = "#/map"; } }, row.vehicleId);
