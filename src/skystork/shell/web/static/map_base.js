// The map without anything that moves: ground, streets, depot, pads. Works with nothing but this machine; tiles are a choice.

import { h } from "./dom.js";

const L = window.L;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
export { L, colour };

const PANES = [["ground", 210], ["streets", 220], ["zones", 400], ["plan", 430], ["marks", 450]];

/** Make a map over an element; the keyboard moves it when it has the focus. */
export function makeMap(element, scene) {
  const map = L.map(element, { preferCanvas: true, zoomSnap: 0.5, zoomControl: true, attributionControl: false, keyboardPanDelta: 120, maxZoom: 19, fadeAnimation: false });
  for (const [name, order] of PANES) map.createPane(name).style.zIndex = order;
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  const attribution = L.control.attribution({ prefix: "Leaflet" }).addTo(map);
  if (scene.tileUrl) {
    L.tileLayer(scene.tileUrl, { maxZoom: 19, attribution: plain(scene.tileAttribution), opacity: 0.75 }).addTo(map);
  }
  if (scene.terrain) attribution.addAttribution("ground: the site's own terrain") && drawGround(map, scene.terrain);
  if (scene.streets) drawStreets(map, scene.streets);
  drawPlaces(map, scene);
  fitSite(map, scene);
  const watch = new ResizeObserver(() => map.invalidateSize({ animate: false }));
  watch.observe(element);
  map.on("unload", () => watch.disconnect());
  return map;
}

/** Leaflet puts attributions in as HTML: only text of ours may get there. */
function plain(text) {
  return h("span", {}, text || "").innerHTML;
}

/** All that drones serve. */
export function fitSite(map, { depot, radiusM }) {
  map.fitBounds(L.latLng(depot.latitude, depot.longitude).toBounds(2 * radiusM), { animate: false });
}

/** Show all of the site, or only what flies. */
export function fit(map, points) {
  const isWide = map.getSize().x > 700; // then the legend and the strip lie over its left and its top
  if (points.length) map.fitBounds(L.latLngBounds(points), { maxZoom: 14, animate: false, paddingTopLeft: isWide ? [290, 70] : [40, 70], paddingBottomRight: [70, 50] });
}

function drawStreets(map, streets) {
  L.geoJSON(streets, { pane: "streets", interactive: false, renderer: L.canvas({ pane: "streets" }), style: () => ({ color: colour("line"), weight: 1, opacity: 0.9 }), pointToLayer: () => null }).addTo(map);
}

function drawPlaces(map, scene) {
  const renderer = L.canvas({ pane: "plan" });
  const depot = [scene.depot.latitude, scene.depot.longitude];
  L.circle(depot, { radius: scene.radiusM, pane: "plan", renderer, color: colour("soft"), weight: 1, dashArray: "2 6", fill: false, interactive: false }).addTo(map);
  for (const pad of scene.pads) L.circleMarker([pad.latitude, pad.longitude], { radius: 3, pane: "plan", renderer, color: colour("soft"), weight: 1, fill: false, interactive: false }).addTo(map);
  for (const place of scene.rallyPoints) {
    L.circleMarker([place.latitude, place.longitude], { radius: 6, pane: "plan", renderer, color: colour("good"), weight: 2, fill: false }).bindTooltip(named(`Rally point ${place.name}`)).addTo(map);
  }
  for (const place of scene.chargers) {
    L.circleMarker([place.latitude, place.longitude], { radius: 6, pane: "plan", renderer, color: colour("road"), weight: 2, dashArray: "3 3", fill: false }).bindTooltip(named(`Charger ${place.name}`, "vans charge here")).addTo(map);
  }
  L.circleMarker(depot, { radius: 7, pane: "plan", renderer, color: colour("ink"), weight: 2, fillColor: colour("ground"), fillOpacity: 1 }).bindTooltip(named(`Depot ${scene.site}`)).addTo(map);
}

/** A tooltip's content as an element: its text is never read as HTML. */
export const named = (text, ...more) => h("div", {}, h("strong", {}, text), more.map((line) => h("div", { className: "soft" }, line)));

/** Shaded relief with light from the north-west, drawn once into a picture. */
function drawGround(map, ground) {
  const { columns, heights } = ground;
  const rows = heights.length / columns;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d");
  const picture = context.createImageData(columns, rows);
  const known = heights.filter((each) => each !== null);
  const [low, high] = [known.reduce((a, b) => Math.min(a, b), Infinity), known.reduce((a, b) => Math.max(a, b), -Infinity)];
  const metresEast = ground.stepLongitude * 111320 * Math.cos((ground.north * Math.PI) / 180);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const at = row * columns + column;
      const here = heights[at];
      if (here === null) continue;
      const slope = (here - (heights[at - 1 - columns] ?? here)) / Math.max(metresEast, 1);
      const shade = 38 + 60 * ((here - low) / Math.max(high - low, 1)) + 160 * Math.max(-0.2, Math.min(0.2, slope));
      picture.data.set([shade * 0.62, shade * 0.8, shade * 0.9, 255], at * 4);
    }
  }
  context.putImageData(picture, 0, 0);
  const south = ground.north - ground.stepLatitude * (rows - 1);
  const east = ground.west + ground.stepLongitude * (columns - 1);
  L.imageOverlay(canvas.toDataURL(), [[south, ground.west], [ground.north, east]], { pane: "ground", opacity: 0.6, interactive: false }).addTo(map);
}

/** A legend over a map's element that can be folded away, and is at first where it would hide much of the map. */
export function legend(element, title, ...rows) {
  const box = h("details", { className: `legend ${title.toLowerCase()}`, open: element.clientWidth > 900 }, h("summary", {}, title), rows);
  for (const event of ["click", "dblclick", "mousedown", "wheel", "pointerdown"]) box.addEventListener(event, (each) => each.stopPropagation());
  return box;
}
