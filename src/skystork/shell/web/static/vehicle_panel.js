// One vehicle: what it is, carries and does, plan against what was flown, and what can be ordered of it now.

import { h, replace, whenChanged } from "./dom.js";
import * as f from "./format.js";
import { lines, meter } from "./plot.js";
import { get } from "./server.js";
import { ask, order } from "./confirm.js";
import { choose, known, may, on, vehicle } from "./store.js";

const SPACING_MS = 1500;
const PLACE = "\\s*[+\\-]?[0-9]{1,2}(\\.[0-9]+)?\\s*,\\s*[+\\-]?[0-9]{1,3}(\\.[0-9]+)?\\s*";
const LABELS = { hold: "Hold", resume: "Resume", return: "Return", divert: "Divert…", rally: "Rally point", land: "Land here" };

export class VehiclePanel {
  constructor(onView) {
    this.onView = onView;
    this.element = h("section", { className: "vehicle", hidden: true, "aria-label": "Vehicle" });
    this.facts = h("div"); this.plots = h("div"); this.actions = h("div", { className: "actions" });
    this.drawPlots = whenChanged((view) => replace(this.plots, view?.plan ? profiles(view) : null));
    this.drawActions = whenChanged((actions) => replace(this.actions, (actions ?? []).map((each) => this.button(each))));
    this.stops = [on("chosen", () => this.load()), on("frame", () => this.drawFacts())];
    this.timer = setInterval(() => this.load(), SPACING_MS);
    this.load();
  }

  async load() {
    const id = known.chosen;
    this.element.hidden = !id;
    if (!id) { this.view = null; this.onView(null); return; }
    if (!this.element.firstChild || this.shown !== id) this.frameUp(id);
    if (!vehicle(id)) { this.view = null; this.onView(null); this.drawFacts(); return; }
    try {
      const view = await get(`console/vehicles/${encodeURIComponent(id)}`);
      if (known.chosen !== id) return;
      this.view = { ...view, atS: known.frame?.atS };
      this.onView(this.view);
      this.drawFacts();
      this.drawPlots({ plan: view.plan, flown: view.flown, at: view.launchedAtS });
      this.drawActions(view.actions);
    } catch (error) { replace(this.facts, h("p", { className: "grave" }, error.message)); }
  }

  frameUp(id) {
    this.shown = id; this.view = null;
    this.drawPlots(null); this.drawActions(null); replace(this.facts);
    replace(this.element, h("div", { className: "head" }, h("h2", {}, id), h("button", { title: "Close (Escape)", "aria-label": "close", onClick: () => choose(null) }, "✕")), this.facts, this.actions, this.plots);
  }

  drawFacts() {
    const id = known.chosen;
    if (!id || this.shown !== id) return;
    const mark = vehicle(id), van = known.frame?.vans.find((each) => each.vehicleId === id);
    replace(this.facts, mark ? droneFacts(mark, this.view) : van ? vanFacts(van) : h("p", { className: "soft" }, "not seen"));
  }

  button(each) {
    const permitted = may(each.action);
    const why = !permitted ? "your role may not" : each.whyNot;
    return h("button", { className: each.action === "land" ? "grave" : "", disabled: Boolean(why), title: why || each.effect, "data-action": each.action, onClick: () => this.send(each) }, LABELS[each.action] ?? each.action);
  }

  async send(each) {
    const id = known.chosen, fields = { type: each.action, vehicleId: id };
    if (each.action !== "divert") return order(fields, `${LABELS[each.action]} ${id}`, `${id} ${each.effect}.`);
    const place = h("input", { name: "place", required: true, pattern: PLACE, placeholder: "54.5300, -1.5400", title: "degrees north and east, like 54.5300, -1.5400" });
    if (!(await ask(`Divert ${id}`, h("label", {}, "New doorstep: latitude, longitude", place), "See what it causes"))) return null;
    const [latitude, longitude] = place.value.split(",").map(Number);
    return order({ ...fields, latitude, longitude }, `Divert ${id}`, each.effect);
  }

  close() { this.stops.forEach((stop) => stop()); clearInterval(this.timer); }
}

const rows = (...pairs) => h("dl", { className: "facts" }, pairs.map(([name, value, grade = ""]) => [h("dt", {}, name), h("dd", { className: grade }, value)]));

function droneFacts(mark, view) {
  const [shape, tint] = f.sign(mark.phase), grade = f.batteryGrade(mark.battery), promise = f.against(view?.promisedByS, dropEta(view));
  const battery = h("span", {}, h("span", { className: "meter" }, meter(mark.battery, grade)), ` ${f.percent(mark.battery)}`);
  return [rows(["State", `${shape} ${mark.phase}`, tint], ["Mode", mark.mode], ["Battery", battery, grade], ["Link", linkWords(mark, view), mark.link === "up" ? "" : "grave"],
    ["Height", f.metres(mark.heightM)], ["Speed", f.speed(mark.speedMS)], ["Heading", f.degrees(mark.heading)], ["Climb", f.speed(mark.climbMS)],
    ["Step", view?.missionStep === null || !view ? f.DASH : `${view.missionStep} of ${view.missionSteps ?? "?"}${view.stepName ? `, ${view.stepName}` : ""}`], ["Off path", mark.crossTrackM === null ? f.DASH : `${f.metres(mark.crossTrackM)} ${mark.conforming ? "✓" : "✕ outside its volume"}`, mark.conforming ? "" : "grave"],
    ["Order", mark.orderId ?? "none"], ["Parcel", view?.parcel ? `${view.parcel.replace("_", " ")}${view.weightKg ? `, ${view.weightKg} kg` : ""}` : f.DASH],
    ["For", view?.recipient || f.DASH], ["Promise", promise.text, promise.grade], ["Type", view?.profile ?? ""], ["Free at", f.clock(mark.etaS)]),
  mark.note ? h("p", { className: "warn" }, `▲ ${mark.note}`) : null, view?.said?.length ? h("p", { className: "warn" }, `▲ it says: ${view.said.join("; ")}`) : null];
}

const dropEta = (view) => (view?.plan && view.launchedAtS ? view.launchedAtS + view.plan.dropAtS : null);
const linkWords = (mark, view) => (mark.link === "up" ? "✓ up" : `✕ ${mark.link}${view?.lastHeardS ? `, last ${f.clock(view.lastHeardS)}` : ""}`);

function vanFacts(van) {
  return rows(["Type", van.kind === "robot" ? "sidewalk robot" : "van"], ["State", van.phase], ["Stops left", van.stops.length], ["Next at", f.clock(van.etaS)], ["Battery", f.percent(van.battery)], ["Next order", van.stops[0]?.[3] || f.DASH]);
}

/** Plan beside what was flown, over the time since take-off. */
export function profiles({ plan, flown }) {
  const planned = (at, digits = 1) => ({ name: "plan", tint: "plan", dash: "5 4", points: plan.points.map((point) => [point[0], point[at] * digits]) });
  const actual = (at, digits = 1) => ({ name: "flown", tint: "flown", points: flown.map((point) => [point[0], point[at] === null ? null : point[at] * digits]) });
  const marks = [{ x: plan.dropAtS, tint: "select" }];
  return [lines("Height above home", "m", [planned(3), actual(3)], { marks }), lines("Speed over ground", "m/s", [planned(4), actual(4)], { marks }), lines("Battery", "%", [planned(5, 100), actual(5, 100), { name: "reserve", tint: "grave", dash: "2 3", points: [[0, plan.reserveLimit * 100 || 25], [plan.durationS, plan.reserveLimit * 100 || 25]] }], { marks })];
}
