// The map page: everything that moves, the attention queue, and the chosen vehicle beside it.

import { h, replace, whenChanged } from "./dom.js";
import { bindAll } from "./keys.js";
import { AttentionPanel } from "./attention_panel.js";
import { FlightLayer } from "./map_flight.js";
import { fit, fitSite, makeMap } from "./map_base.js";
import { LinesLayer } from "./map_lines.js";
import { TrafficLayer } from "./map_traffic.js";
import { VehiclePanel } from "./vehicle_panel.js";
import { ZoneLayer } from "./map_zones.js";
import { order } from "./confirm.js";
import * as f from "./format.js";
import { choose, known, may, on } from "./store.js";

const NEAR_M = 1000; // of the depot: while nothing is farther out, the whole site is shown

export function showMap(page) {
  const holder = h("div", { className: "map", id: "map", role: "application", "aria-label": "Map" }), strip = h("div", { className: "strip" });
  const box = h("div", { className: "mapbox" }, holder, strip), side = h("aside", { className: "side" });
  replace(page, h("div", { className: "mappage" }, box, side));
  const map = makeMap(holder, known.scene);
  const zones = new ZoneLayer(map, known.scene, box), lines = new LinesLayer().addTo(map), flight = new FlightLayer(map), traffic = new TrafficLayer(choose).addTo(map);
  box.append(lines.switches(box));
  const attention = new AttentionPanel(), panel = new VehiclePanel((view) => flight.take(view));
  side.append(attention.element, panel.element, groupActions());
  const drawStrip = whenChanged(() => replace(strip, stripWords()));
  const draw = () => { const frame = known.frame; if (frame) { lines.take(frame.drones, known.chosen); traffic.take(frame.drones, frame.vans, known.chosen, Boolean(frame.busProblem)); drawStrip([frame.weather, frame.dispatch, frame.orders, counts(frame)]); } };
  fitAll(map, lines);
  const stops = [on("frame", draw), on("chosen", draw), on("scene", (scene) => zones.take(scene)), bindAll([
    ["f", "show everything that flies", () => fitAll(map, lines)], ["z", "go to the chosen vehicle", () => goTo(map)], ["n", "next vehicle in the air", () => next(1)], ["p", "vehicle in the air before", () => next(-1)], ["Escape", "let go of the vehicle", () => choose(null)],
    ["h", "hold the chosen vehicle", () => act("hold")], ["r", "resume the chosen vehicle", () => act("resume")], ["b", "bring the chosen vehicle back", () => act("return")],
  ])];
  draw();
  window.skystorkMap = { map, traffic, lines };
  return () => { stops.forEach((stop) => stop()); attention.close(); panel.close(); map.remove(); };
}

const airborne = () => (known.frame?.drones ?? []).filter((mark) => mark.airborne);

function fitAll(map, lines) {
  const plans = [...lines.flights.values()].flatMap((each) => each.plan);
  const marks = [...airborne(), ...(known.frame?.vans ?? [])].filter((mark) => mark.latitude !== null).map((mark) => [mark.latitude, mark.longitude]);
  const depot = [known.scene.depot.latitude, known.scene.depot.longitude], all = [...marks, ...plans];
  if (all.some((place) => map.distance(depot, place) > NEAR_M)) fit(map, [depot, ...all]); else fitSite(map, known.scene);
}

function goTo(map) {
  const mark = [...(known.frame?.drones ?? []), ...(known.frame?.vans ?? [])].find((each) => each.vehicleId === known.chosen);
  if (mark?.latitude) map.setView([mark.latitude, mark.longitude], Math.max(map.getZoom(), 15));
}

function next(step) {
  const ids = airborne().map((mark) => mark.vehicleId);
  if (ids.length) choose(ids[(ids.indexOf(known.chosen) + step + ids.length) % ids.length]);
}

function act(type) {
  if (known.chosen && may(type)) order({ type, vehicleId: known.chosen }, `${type[0].toUpperCase()}${type.slice(1)} ${known.chosen}`);
}

const counts = (frame) => [frame.drones.filter((mark) => mark.airborne).length, frame.drones.filter((mark) => mark.phase === "ready").length, frame.drones.filter((mark) => mark.link !== "up").length];

function stripWords() {
  const { weather, dispatch, orders } = known.frame, [flying, ready, silent] = counts(known.frame);
  const open = Object.entries(orders).filter(([state]) => !["delivered", "undeliverable", "cancelled"].includes(state)).reduce((sum, [, count]) => sum + count, 0);
  return [h("span", { className: "figure" }, `▲ ${flying} in the air · ○ ${ready} ready`), silent ? h("span", { className: "grave" }, `✕ ${silent} not heard`) : null, h("span", { className: "figure" }, `${open} orders open · ${orders.delivered ?? 0} delivered`),
    weather ? h("span", { className: "figure" }, `wind ${f.degrees(weather.windFrom)} ${f.number(weather.windMS)} gusts ${f.number(weather.gustMS)} m/s · ${weather.rainMmH ? `rain ${f.number(weather.rainMmH, 1)} mm/h` : "dry"} · sees ${f.number(weather.visibilityM / 1000)} km`) : h("span", { className: "warn" }, "▲ no weather reading"),
    dispatch?.grounded ? h("span", { className: "grave" }, "■ FLEET GROUNDED") : dispatch?.paused ? h("span", { className: "warn" }, "■ dispatch paused") : null];
}

function groupActions() {
  const button = (type, label, extra = {}, grave = false) => h("button", { className: grave ? "grave" : "", disabled: !may(type), "data-group": type, onClick: () => order({ type, ...extra }, label) }, label);
  return h("section", {}, h("h2", {}, "The whole site ", h("small", {}, "lists its targets and asks first")), h("div", { className: "actions" }, button("pauseDispatch", "Pause dispatch"), button("resumeDispatch", "Resume dispatch"), button("groundFleet", "Ground: all hold", { airborne: "HOLD" }, true), button("groundFleet", "Ground: all return", { airborne: "RETURN" }, true)));
}
