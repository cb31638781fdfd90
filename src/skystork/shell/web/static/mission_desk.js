// A mission by hand from a QGroundControl .plan: checked leg by leg, refused leg by leg, and only then offered to a vehicle.

import { h, replace, whenChanged } from "./dom.js";
import * as f from "./format.js";
import { lines } from "./plot.js";
import { send } from "./server.js";
import { order } from "./confirm.js";
import { known, may, on } from "./store.js";

export function missionDesk(onPreview) {
  const result = h("div"), vehicle = h("select", { "aria-label": "vehicle", name: "vehicle" }), file = h("input", { type: "file", accept: ".plan,application/json", "aria-label": "QGroundControl plan", onChange: () => take() });
  const fill = whenChanged((drones) => {
    const chosen = vehicle.value;
    replace(vehicle, drones.map(([id, phase]) => h("option", { value: id }, `${id} (${phase})`)));
    if (drones.some(([id]) => id === chosen)) vehicle.value = chosen;
  });
  const stop = on("frame", (frame) => { if (!vehicle.isConnected) stop(); else if (document.activeElement !== vehicle) fill(frame.drones.map((mark) => [mark.vehicleId, mark.phase])); });
  if (known.frame) fill(known.frame.drones.map((mark) => [mark.vehicleId, mark.phase]));
  vehicle.addEventListener("change", () => take());

  async function take() {
    const chosen = file.files[0];
    if (!chosen) return;
    try {
      const view = await send(`console/missions/preview/${encodeURIComponent(vehicle.value)}`, chosen);
      onPreview({ points: view.points, corridors: [], dropOff: null, durationS: view.durationS, dropAtS: 0 });
      replace(result, verdict(view, vehicle.value));
    } catch (error) { onPreview(null); replace(result, problems(error)); }
  }
  return h("section", { className: "card mission" }, h("h2", {}, "Mission by hand"), h("p", { className: "soft" }, "A survey or a ferry flight as QGroundControl .plan. Each leg is held to the zones, heights, ground and battery by the independent check."), h("label", {}, "Vehicle ", vehicle), h("label", {}, "File ", file), result);
}

function verdict(view, vehicleId) {
  const refused = view.legs.filter((leg) => leg.refusals.length).length;
  return [h("p", { className: refused || view.refusals.length ? "grave" : "good" }, refused || view.refusals.length ? `✕ refused: ${refused} of ${view.legs.length} legs` : `✓ all ${view.legs.length} legs pass`), view.refusals.map((each) => h("p", { className: "grave" }, `✕ ${each}`)),
    h("p", {}, `${f.number(view.lengthM / 1000, 2)} km, ${f.span(view.durationS)}, ${f.number(view.energyJ / 3600)} Wh`),
    h("div", { className: "actions" }, h("button", { className: "primary", "data-fly": vehicleId, disabled: Boolean(refused || view.refusals.length) || !may("flyMission"), onClick: () => order({ type: "flyMission", vehicleId, name: view.name, items: view.items }, `Fly ${view.name} with ${vehicleId}`, "It is planned and checked as every flight, and waits here to be authorised and launched.") }, "Put it on the launch desk")),
    h("ul", { className: "checks" }, view.legs.map((leg) => h("li", { "data-leg": leg.name }, h("span", { className: leg.refusals.length ? "grave" : "good" }, leg.refusals.length ? "✕ refused" : "✓ pass"), h("span", {}, h("strong", {}, leg.name), ` ${f.metres(leg.lengthM)} at ${f.metres(leg.heightM)}`, leg.refusals.map((each) => h("div", { className: "soft" }, `→ ${each}`)))))),
    lines("Height above home", "m", [{ name: "mission", tint: "plan", points: view.points.map((point) => [point[0], point[3]]) }]),
    h("p", { className: "soft" }, refused || view.refusals.length ? "Nothing of it is flown: mend the legs that are named." : `It passes for ${vehicleId} with the zones, battery and hour of now; it is judged anew whenever one of them is another.`)];
}

function problems(error) {
  const list = error.problem?.errors ?? [];
  return [h("p", { className: "grave" }, `✕ ${error.message}`), list.map((each) => h("p", { className: "soft" }, `${each.where ?? each.field ?? ""}: ${each.what ?? each.detail ?? ""} ${each.remedy ?? ""}`))];
}
