// Every flight under way as thin lines: corridor, plan and flown track, each to be switched; the chosen one is drawn above.

import { h } from "./dom.js";
import { colour, legend } from "./map_base.js";
import { CanvasLayer } from "./map_canvas.js";
import { get } from "./server.js";

const MOST_AT_ONCE = 40, MOST_POINTS = 400, STEP_M = 12, REDRAW_MS = 1500;
const FEW = 30; // more flights than this, and at first only what was flown is drawn
const KINDS = [["corridor", "plan", "corridor"], ["plan", "plan", "plan"], ["flown", "flown", "flown track"]];

export const LinesLayer = CanvasLayer.extend({
  pane: "plan",

  initialize() { this.flights = new Map(); this.asked = new Map(); this.shown = null; this.chosen = null; this.drawnAt = 0; },

  /** Marks of a frame: new flights are asked for once, those under way grow by where they are now. */
  take(drones, chosen) {
    const under = drones.filter((mark) => mark.flightId && mark.airborne);
    this.shown ??= new Set(under.length > FEW ? ["flown"] : KINDS.map(([name]) => name));
    const keys = new Set(under.map((mark) => mark.flightId));
    let changed = this.chosen !== chosen;
    this.chosen = chosen;
    for (const id of this.flights.keys()) if (!keys.has(id)) { this.flights.delete(id); this.asked.delete(id); changed = true; }
    const missing = under.filter((mark) => this.asked.get(mark.flightId) !== mark.planKey).slice(0, MOST_AT_ONCE);
    if (missing.length) this.fetch(missing);
    for (const mark of under) this.grow(this.flights.get(mark.flightId), mark);
    if (changed || performance.now() - this.drawnAt > REDRAW_MS) this.draw();
  },

  async fetch(marks) {
    for (const mark of marks) this.asked.set(mark.flightId, mark.planKey);
    try {
      const found = await get(`console/flights?ids=${marks.map((mark) => encodeURIComponent(mark.flightId)).join(",")}`);
      for (const each of found) this.flights.set(each.flightId, { ...each, conforming: true });
      if (this.canvas.isConnected) this.draw();
    } catch { for (const mark of marks) this.asked.delete(mark.flightId); }
  },

  grow(flight, mark) {
    if (!flight || mark.latitude === null) return;
    flight.conforming = mark.conforming;
    if (!mark.airborne || mark.stale) return;
    const last = flight.flown.at(-1), here = [mark.latitude, mark.longitude];
    if (last && this.map.distance(last, here) < STEP_M) return;
    flight.flown.push(here);
    if (flight.flown.length > MOST_POINTS) flight.flown = flight.flown.filter((_, index) => index % 2 === 0 || index > MOST_POINTS - 60);
  },

  draw() {
    const pen = this.cleared();
    this.drawnAt = performance.now();
    const paint = { plan: colour("plan"), flown: colour("flown"), grave: colour("grave") };
    const others = [...this.flights.values()].filter((each) => each.vehicleId !== this.chosen);
    if (this.has("corridor")) for (const flight of others) this.fillCorridors(pen, paint.plan, flight);
    if (this.has("plan")) for (const flight of others) this.stroke(pen, flight.plan, paint.plan, { width: 1, alpha: 0.55, dash: [5, 4] });
    if (this.has("flown")) for (const flight of others) this.stroke(pen, flight.flown, flight.conforming ? paint.flown : paint.grave, { width: 1.5, alpha: 0.8 });
    pen.globalAlpha = 1;
  },

  has(name) { return this.shown?.has(name) ?? false; },

  trace(pen, places) {
    places.forEach((place, index) => { const at = this.map.latLngToContainerPoint(place); if (index) pen.lineTo(at.x, at.y); else pen.moveTo(at.x, at.y); });
  },

  /** One path for a flight: where its cells lie over each other it is not darker. */
  fillCorridors(pen, tint, flight) {
    pen.globalAlpha = 0.07;
    pen.fillStyle = tint;
    pen.beginPath();
    for (const cell of flight.corridors) { this.trace(pen, cell); pen.closePath(); }
    pen.fill();
  },

  stroke(pen, places, tint, { width, alpha, dash = [] }) {
    if (places.length < 2) return;
    pen.globalAlpha = alpha;
    pen.setLineDash(dash);
    [pen.lineWidth, pen.strokeStyle, pen.lineJoin] = [width, tint, "round"];
    pen.beginPath();
    this.trace(pen, places);
    pen.stroke();
    pen.setLineDash([]);
  },

  /** Switches for the map's legend. */
  switches(element) {
    const rows = KINDS.map(([name, tint, words]) => {
      const box = h("input", { type: "checkbox", checked: true, "data-lines": name, "aria-label": words, onChange: () => { this.shown ??= new Set(); box.checked ? this.shown.add(name) : this.shown.delete(name); this.draw(); } });
      const swatch = h("span", { className: "swatch" });
      swatch.style.borderColor = colour(tint);
      return h("label", {}, box, swatch, words);
    });
    return legend(element, "Flights", rows, h("div", { className: "soft" }, "under a name: metres high, metres off its plan"));
  },
});
