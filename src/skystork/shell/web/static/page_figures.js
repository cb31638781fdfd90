// Figures of everything the ledger holds, with plots over time.

import { h, replace } from "./dom.js";
import * as f from "./format.js";
import { bars, lines } from "./plot.js";
import { every } from "./table.js";
import { get } from "./server.js";

export function showFigures(page) {
  const cards = h("div", { className: "cards" }), plots = h("div", { className: "plots" });
  replace(page, h("div", { className: "board" }, h("h1", {}, "Figures"), cards, plots));
  return every(5000, async () => { const view = await get("console/figures"); replace(cards, drawCards(view)); replace(plots, drawPlots(view).map((plot) => h("div", { className: "card" }, plot))); });
}

const card = (label, value, grade = "", more = "") => h("div", { className: "card" }, h("div", { className: `value ${grade}` }, value), h("div", { className: "label" }, label), more ? h("div", { className: "soft" }, more) : null);

function drawCards({ report }) {
  const energy = report.droneEnergyKwh + report.vanEnergyKwh + report.robotEnergyKwh, kept = report.promisesDue ? report.promisesKept / report.promisesDue : null, ways = [["by air", report.deliveredByDrone], ["by van", report.deliveredByVan], ["by robot", report.deliveredByRobot], ["by courier", report.deliveredByPartner]];
  return [card("orders accepted", report.accepted, "", `${report.open} open`), card("delivered", ways.reduce((sum, [, count]) => sum + count, 0), "", ways.filter(([, count], index) => index < 2 || count).map(([words, count]) => `${count} ${words}`).join(", ")), card("promises kept", f.percent(kept), kept === null ? "" : kept >= 0.95 ? "good" : kept >= 0.85 ? "warn" : "grave", `${report.promisesKept} of ${report.promisesDue} due`),
    card("told before late", `${report.toldBeforeLate} of ${report.promisesDue - report.promisesKept}`), card("minutes by air", f.number(report.medianMinutes.drone, 1), "", `95 %: ${f.number(report.p95Minutes.drone, 1)}`), card("minutes by van", f.number(report.medianMinutes.van, 1), "", `95 %: ${f.number(report.p95Minutes.van, 1)}`), ["robot", "partner"].filter((mode) => mode in report.medianMinutes).map((mode) => card(`minutes by ${mode === "partner" ? "courier" : mode}`, f.number(report.medianMinutes[mode], 1), "", `95 %: ${f.number(report.p95Minutes[mode], 1)}`)),
    card("flights", report.flights, "", `${report.parcelsReturned} parcels came back`), card("energy", energy ? `${f.number(energy, energy < 1 ? 2 : 1)} kWh` : f.DASH, "", energy ? `${f.number(report.vanDistanceKm, 0)} km by van` : "known when a flight has landed"), card("undeliverable", report.undeliverable, report.undeliverable ? "warn" : "good", `${report.cancelled} cancelled`)];
}

function drawPlots({ report, series, startS }) {
  const at = (list) => list.map(([x, y]) => [x - startS, y]);
  const line = (name, key, tint, dash = "") => ({ name, tint, dash, points: at(series[key]) });
  return [lines("Orders", "count, running", [line("accepted", "accepted", "notice", "5 4"), line("delivered", "delivered", "good")], { height: 150, stepped: true }), lines("Orders open", "count", [line("open", "open", "warn")], { height: 150, stepped: true }), lines("From order to doorstep", "min", [line("air", "airMinutes", "notice"), line("road", "roadMinutes", "road", "5 4")], { height: 150 }),
    lines("Vehicles in the air", "count", [line("air", "airborne", "notice")], { height: 150, stepped: true }), bars("Why not by air", Object.entries(report.refusals.drone ?? {}).map(([name, value]) => ({ name, value, tint: "warn" }))), bars("Contingencies", Object.entries(report.contingencies).map(([name, value]) => ({ name: name.toLowerCase().replaceAll("_", " ").slice(0, 18), value, tint: "grave" })))];
}
