// What belongs to the chosen flight: corridor, plan, flown track, doorstep, and where the plan would have it now.

import { L, colour, named } from "./map_base.js";
import { clock } from "./format.js";

/** Draws one flight; `take` with null clears it. */
export class FlightLayer {
  constructor(map) {
    this.group = L.layerGroup().addTo(map);
    this.renderer = L.canvas({ pane: "plan" });
  }

  take(view) {
    this.group.clearLayers();
    const plan = view?.plan;
    if (!plan) return;
    const basis = { pane: "plan", renderer: this.renderer, interactive: false };
    for (const polygon of plan.corridors) this.add(L.polygon(polygon, { ...basis, color: colour("plan"), weight: 1, opacity: 0.35, fillOpacity: 0.07 }));
    this.add(L.polyline(plan.points.map(([, latitude, longitude]) => [latitude, longitude]), { ...basis, color: colour("plan"), weight: 2, dashArray: "6 5" }));
    this.add(L.polyline(view.flown.map(([, latitude, longitude]) => [latitude, longitude]), { ...basis, color: colour("flown"), weight: 3 }));
    if (plan.dropOff) this.add(L.circleMarker(plan.dropOff, { ...basis, interactive: true, radius: 7, color: colour("select"), weight: 2, fillOpacity: 0.2 }).bindTooltip(named("Doorstep", view.mark?.orderId ? `order ${view.mark.orderId}` : "")));
    this.addExpected(view, basis);
  }

  /** Where the plan has it now: the gap to the mark is how late it is. */
  addExpected(view, basis) {
    if (!view.launchedAtS || !view.atS) return;
    const t = view.atS - view.launchedAtS;
    const point = view.plan.points.find(([at]) => at >= t);
    if (!point) return;
    this.add(L.circleMarker([point[1], point[2]], { ...basis, interactive: true, radius: 5, color: colour("plan"), weight: 2, fill: false }).bindTooltip(named("By the plan it is here", clock(view.atS))));
  }

  add(layer) { this.group.addLayer(layer); }
}
