// Weather and zones: what is in force, and a file of zones looked at, with all that would be lost, before it is taken.

import { h, replace, toast, whenChanged } from "./dom.js";
import * as f from "./format.js";
import { L, fit, makeMap } from "./map_base.js";
import { shapeOf, ZoneLayer } from "./map_zones.js";
import { every, makeTable } from "./table.js";
import { get, put, remove, send } from "./server.js";
import { ask } from "./confirm.js";
import { hasScope, known, on } from "./store.js";

export function showAirspace(page) {
  const sets = h("div", { className: "sets" }), holder = h("div", { className: "map" }), box = h("div", { className: "mapbox" }, holder), weather = h("div", { className: "cards" }), result = h("div", { className: "result" });
  const word = h("input", { type: "search", placeholder: "filter zones…", "aria-label": "filter", onInput: () => table.filter(word.value) });
  const table = makeTable([
    { name: "Zone", value: (row) => row.name || row.zoneId }, { name: "Kind", value: (row) => row.kind }, { name: "Restriction", value: (row) => row.restriction.replace("_", " ").toLowerCase() },
    { name: "From – to", value: (row) => row.lowerM, draw: (row) => row.band },
    { name: "Closes us", value: (row) => (row.closes ? 1 : 0), draw: (row) => h("span", { className: row.closes ? "grave" : "soft" }, row.closes ? "✕ yes" : "no") }, { name: "Active", value: (row) => (row.timed ? "at times" : "always") },
  ], { key: (row) => row.zoneId, onPick: (row) => show(row), sort: { at: 4, down: true } });
  const file = h("input", { type: "file", "aria-label": "file of zones", onChange: () => take(file.files[0]) });
  const drop = h("div", { className: "drop", onDragover: (event) => { event.preventDefault(); drop.classList.add("over"); }, onDragleave: () => drop.classList.remove("over"), onDrop: (event) => { event.preventDefault(); drop.classList.remove("over"); take(event.dataTransfer.files[0]); } }, "GeoJSON, ED-269, ED-318, KML, .plan fence, or UAS Facility Map: drop it here or ", file);
  replace(page, h("div", { className: "board" }, h("h1", {}, "Weather and airspace"), weather, h("div", { className: "split" }, h("div", {}, h("div", { className: "tools" }, word), table.element), h("div", {}, h("div", { className: "card mapcard" }, box), h("div", { className: "card" }, h("h2", {}, "A file of zones"), drop, result), h("div", { className: "card" }, h("h2", {}, "Brought in and in force"), sets)))));
  const map = makeMap(holder, known.scene), zones = new ZoneLayer(map, known.scene, box), looked = L.layerGroup().addTo(map);

  function show(zone) { const ring = zone.rings[0]?.map(([lon, lat]) => [lat, lon]) ?? []; fit(map, ring); }
  async function take(chosen) {
    if (!chosen) return;
    looked.clearLayers();
    try {
      const view = await send("console/zones/preview", chosen);
      const renderer = L.canvas({ pane: "marks" });
      for (const zone of view.zones) looked.addLayer(shapeOf(zone, renderer, { pane: "marks", color: "#f0e442", fillColor: "#f0e442", fillOpacity: 0.15 }));
      fit(map, view.zones.flatMap((zone) => zone.rings.flatMap((ring) => ring.map(([lon, lat]) => [lat, lon]))));
      replace(result, report(view), bringIn(chosen, view));
    } catch (error) { replace(result, h("p", { className: "grave" }, `✕ ${error.message}`), (error.problem?.errors ?? []).map((each) => h("p", {}, h("strong", {}, each.where), `: ${each.what}; seen ${each.seen || "nothing"}${each.limit ? `, required ${each.limit}` : ""}. `, h("span", { className: "soft" }, each.remedy)))); }
  }
  function bringIn(chosen, view) {
    const name = h("input", { value: setName(chosen.name), maxlength: 64, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}", "aria-label": "name of the set" });
    return h("div", { className: "actions" }, h("label", {}, "as ", name), h("button", { className: "primary", "data-bring": "in", disabled: !hasScope("zones:write"), onClick: () => bring(chosen, view, name) }, "Bring into force…"));
  }
  async function bring(chosen, view, name) {
    if (!name.reportValidity()) return;
    if (!(await ask(`Bring ${view.zones.length} zones of ${chosen.name} into force`, question(view, name.value), "Yes, from now on"))) return;
    try { await put(`v1/zone-sets/${encodeURIComponent(name.value)}`, chosen); toast(`${name.value} is in force.`); replace(result, h("p", { className: "good" }, `✓ ${name.value} is in force.`)); looked.clearLayers(); await loadSets(); } catch (error) { toast(`${name.value}: ${error.message}`, "grave"); }
  }
  async function takeOut(set) {
    if (!(await ask(`Have ${set.name} count no more`, h("p", {}, `${set.zones.length} zones that ${set.by} brought in open again: ${set.zones.slice(0, 12).join(", ")}. Only somebody else than ${set.by} may do that.`), "Yes, open them"))) return;
    try { await remove(`v1/zone-sets/${encodeURIComponent(set.name)}`); toast(`${set.name} counts no more.`); await loadSets(); } catch (error) { toast(`${set.name}: ${error.message}`, "grave"); }
  }
  const drawSets = whenChanged((items) => replace(sets, items.length ? h("table", { className: "targets" }, h("tbody", {}, items.map((set) => h("tr", { "data-set": set.name }, h("td", {}, h("strong", {}, set.name)), h("td", {}, `${set.zones.length} zones, ${set.format}`), h("td", {}, `by ${set.by}`), h("td", {}, h("button", { disabled: !hasScope("zones:write"), onClick: () => takeOut(set) }, "Take out…")))))) : h("p", { className: "soft" }, "Nothing besides the site's own files.")));
  const loadSets = async () => drawSets((await get("v1/zone-sets")).items);
  const drawWeather = whenChanged((reading) => replace(weather, reading ? readings(reading) : h("p", { className: "warn" }, "▲ no weather reading: nothing is launched")));
  const stops = [every(4000, loadSets), on("frame", (frame) => drawWeather(frame.weather)), on("scene", (scene) => { zones.take(scene); table.take(scene.zones); })];
  drawWeather(known.frame?.weather ?? null);
  table.take(known.scene.zones);
  return () => { stops.forEach((stop) => stop()); map.remove(); };
}

const setName = (file) => file.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 64) || "zones";

/** What it would cause, before anybody says yes. */
function question(view, name) {
  const closing = view.zones.filter((zone) => zone.closes), lost = view.losses.geojson ?? [];
  return [h("p", {}, `As ${name}, beside the site's own zones. New plans go round them at once; flights in the air that they touch hold, return or land.`),
    h("p", { className: closing.length ? "warn" : "good" }, closing.length ? `▲ ${closing.length} close flights of this site: ${closing.slice(0, 8).map((zone) => zone.name || zone.zoneId).join(", ")}${closing.length > 8 ? " …" : ""}` : "✓ none closes flights of this site"),
    h("p", { className: view.touched.length ? "grave" : "good" }, view.touched.length ? `✕ in the air now and inside: ${view.touched.join(", ")}` : "✓ nothing in the air is inside"),
    h("p", { className: lost.length ? "warn" : "good" }, lost.length ? `▲ kept as GeoJSON it loses ${lost.length} things: ${lost.slice(0, 3).join("; ")}` : "✓ nothing of it is lost")];
}

const card = (label, value, grade = "") => h("div", { className: "card" }, h("div", { className: `value ${grade}` }, value), h("div", { className: "label" }, label));

function readings(reading) {
  return [card("wind", `${f.number(reading.windMS, 1)} m/s`), card("from", f.degrees(reading.windFrom)), card("gusts", `${f.number(reading.gustMS, 1)} m/s`, reading.gustMS > reading.gustLimitMS ? "grave" : ""), card("rain", `${f.number(reading.rainMmH, 1)} mm/h`), card("visibility", `${f.number(reading.visibilityM / 1000, 1)} km`), card("read at", f.clock(reading.atS))];
}

function report(view) {
  const lost = Object.entries(view.losses);
  return [h("p", { className: "good" }, `✓ ${view.format}: ${view.zones.length} zones, all readable; ${view.zones.filter((zone) => zone.closes).length} close flights of this site`), view.notices.length ? [h("h3", {}, "What the reader remarks"), h("ul", {}, view.notices.map((each) => h("li", { className: "warn" }, each)))] : null,
    h("h3", {}, "What each format would lose"), h("ul", { className: "checks losses" }, lost.map(([name, list]) => h("li", {}, h("span", { className: list.length ? "warn" : "good" }, list.length ? `▲ ${name}` : `✓ ${name}`), h("span", {}, list.length ? `${list.length} things: ${list.slice(0, 3).join("; ")}${list.length > 3 ? " …" : ""}` : "nothing")))),
    view.touched.length ? h("p", { className: "warn" }, `▲ in the air now and inside: ${view.touched.join(", ")}`) : h("p", { className: "soft" }, "Nothing in the air is inside."),
    h("p", { className: "soft" }, "Looked at only: nothing of it counts yet.")];
}
