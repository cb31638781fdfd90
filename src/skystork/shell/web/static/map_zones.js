// Zones by restriction and height: what is closed is hatched and orange, what asks is yellow, what is open is a thin line.

import { h } from "./dom.js";
import { L, colour, legend, named } from "./map_base.js";

const KINDS = [
  ["PROHIBITED", "closed", "closed", ""],
  ["REQ_AUTHORISATION", "asks", "closed unless authorised", "7 4"],
  ["USPACE", "asks", "U-space: closed unless its services are used", "7 4"],
  ["CONDITIONAL", "open", "open under conditions", "2 4"],
  ["NO_RESTRICTION", "open", "shown only", "1 5"],
];
const STYLE = new Map(KINDS.map(([name, tint, , dash]) => [name, { tint, dash }]));

/** The zones of a scene, with a legend that filters them by kind and by the height one looks at. */
export class ZoneLayer {
  constructor(map, scene, element) {
    this.map = map;
    this.shown = new Set(KINDS.map(([name]) => name));
    this.heightM = null;
    this.ceilingM = scene.maxHeightM;
    this.group = L.layerGroup().addTo(map);
    this.legend = this.makeLegend(element);
    element.append(this.legend);
    this.take(scene);
  }

  take(scene) {
    this.zones = scene.zones;
    this.draw();
  }

  draw() {
    this.group.clearLayers();
    const renderer = (this.renderer ??= L.canvas({ pane: "zones" }));
    const visible = this.zones.filter((zone) => this.isShown(zone));
    for (const zone of visible.sort((a, b) => Number(a.closes) - Number(b.closes))) this.group.addLayer(shapeOf(zone, renderer));
    this.count.textContent = `${visible.length} of ${this.zones.length} zones`;
  }

  isShown(zone) {
    if (zone.everywhere || !this.shown.has(zone.restriction)) return zone.everywhere;
    return this.heightM === null || (zone.lowerM <= this.heightM && zone.upperM >= this.heightM);
  }

  makeLegend(element) {
    const rows = KINDS.map(([name, tint, words]) => {
      const box = h("input", { type: "checkbox", checked: true, "aria-label": words, onChange: () => { box.checked ? this.shown.add(name) : this.shown.delete(name); this.draw(); } });
      const swatch = h("span", { className: `swatch ${tint}` });
      swatch.style.borderColor = colour(tint);
      return h("label", {}, box, swatch, words);
    });
    this.count = h("div", { className: "soft" });
    const told = h("output", {}, "all heights");
    const slider = h("input", { type: "range", min: -1, max: Math.max(150, Math.round(this.ceilingM)), step: 1, value: -1, "aria-label": "height of the band that is shown", onInput: () => this.setHeight(Number(slider.value), told) });
    return legend(element, "Zones", rows, h("label", {}, slider), h("div", {}, "at ", told), this.count);
  }

  setHeight(value, told) {
    this.heightM = value < 0 ? null : value;
    told.textContent = this.heightM === null ? "all heights" : `${this.heightM} m above home`;
    this.draw();
  }
}

export function shapeOf(zone, renderer, extra = {}) {
  const { tint, dash } = STYLE.get(zone.restriction) ?? STYLE.get("PROHIBITED");
  const rings = zone.rings.map((ring) => ring.map(([lon, lat]) => [lat, lon]));
  const style = { pane: "zones", renderer, color: colour(tint), weight: zone.closes ? 2 : 1, dashArray: dash || null, fillColor: colour(tint), fillOpacity: zone.closes ? 0.16 : 0.03, ...extra };
  return L.polygon(zone.outside ? [WORLD, ...rings] : rings, style).bindTooltip(wordsOf(zone), { sticky: true });
}

const WORLD = [[-85, -180], [-85, 180], [85, 180], [85, -180]];

function wordsOf(zone) {
  const granted = zone.grantedM > 0 ? `granted to us below ${zone.grantedM} m` : zone.closes ? "closes flights of this site" : "closes nothing here";
  return named(zone.name || zone.zoneId, `${zone.kind} · ${zone.restriction.replace("_", " ").toLowerCase()} · ${zone.band}`, `${granted}${zone.timed ? " · at its times" : ""}`, zone.message);
}
