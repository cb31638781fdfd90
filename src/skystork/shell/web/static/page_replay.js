// Any past hour again: where everything was, and what was recorded, with a slider for the time.

import { h, replace } from "./dom.js";
import * as f from "./format.js";
import { bindAll } from "./keys.js";
import { fit, makeMap } from "./map_base.js";
import { TrafficLayer } from "./map_traffic.js";
import { ZoneLayer } from "./map_zones.js";
import { get } from "./server.js";
import { known } from "./store.js";

const HOUR_S = 3600, TRAIL_S = 20;

export function showReplay(page) {
  let view = { tracks: [], events: [] }, from = 0, timer = null, chosen = null;
  const holder = h("div", { className: "map" }), box = h("div", { className: "mapbox" }, holder), told = h("strong", { className: "clock" }, f.DASH), list = h("ol", { className: "timeline" });
  const slider = h("input", { type: "range", min: 0, max: HOUR_S, step: 1, value: 0, "aria-label": "time", onInput: () => draw() });
  const hour = h("select", { "aria-label": "hour", onChange: () => load(Number(hour.value)) }), pace = h("select", { "aria-label": "pace" }, [1, 10, 30, 60].map((each) => h("option", { value: each, selected: each === 30 }, `×${each}`))), play = h("button", { onClick: () => toggle() }, "▶ Play");
  replace(page, h("div", { className: "replay" }, h("div", { className: "mappage" }, box, h("aside", { className: "side" }, h("section", {}, h("h2", {}, "Until then"), list))), h("div", { className: "slider" }, hour, play, pace, slider, told)));
  const map = makeMap(holder, known.scene);
  new ZoneLayer(map, known.scene, box);
  const traffic = new TrafficLayer((id) => { chosen = id; draw(); }).addTo(map);

  async function span() {
    const { fromS, toS } = await get("console/replay/span");
    const first = Math.floor((fromS ?? 0) / HOUR_S) * HOUR_S, hours = [];
    for (let at = Math.floor((toS ?? 0) / HOUR_S) * HOUR_S; at >= first && hours.length < 240; at -= HOUR_S) hours.push(at);
    replace(hour, hours.map((at) => h("option", { value: at }, `${f.stamp(at).slice(0, 16)} – ${f.clock(at + HOUR_S, false)} UTC`)));
    if (hours.length) await load(hours[0], Math.min(toS - hours[0], HOUR_S));
  }

  async function load(at, start = 0) {
    from = at;
    view = await get(`console/replay?fromS=${at}&toS=${at + HOUR_S}`);
    slider.value = Math.ceil(start);
    fit(map, [[known.scene.depot.latitude, known.scene.depot.longitude], ...view.tracks.flatMap((track) => track.points.filter((_, index) => index % 20 === 0).map((point) => [point[1], point[2]]))]);
    draw();
  }

  function draw() {
    const at = from + Number(slider.value);
    told.textContent = `${f.clock(at)}Z`;
    traffic.take(view.tracks.map((track) => markAt(track, at)).filter(Boolean), [], chosen);
    replace(list, view.events.filter((each) => each.atS <= at).slice(-40).reverse().map((each) => h("li", { className: each.grade }, h("time", {}, f.clock(each.atS)), h("strong", {}, each.what), ` ${each.on}`, each.text ? ` — ${each.text}` : "")));
  }

  function toggle() {
    if (timer) { clearInterval(timer); timer = null; } else timer = setInterval(() => { slider.value = Number(slider.value) + Number(pace.value) / 5; if (Number(slider.value) >= HOUR_S) toggle(); draw(); }, 200);
    play.textContent = timer ? "❚❚ Pause" : "▶ Play";
  }
  const step = (seconds) => { slider.value = Number(slider.value) + seconds; draw(); };
  const stop = bindAll([[" ", "play or pause", toggle], ["ArrowRight", "10 s on", () => step(10)], ["ArrowLeft", "10 s back", () => step(-10)]]);
  span();
  return () => { stop(); if (timer) clearInterval(timer); map.remove(); };
}

/** Where a track was at a moment: the newest point before it, unless that is old. */
function markAt(track, at) {
  let low = 0, high = track.points.length;
  while (low < high) { const middle = (low + high) >> 1; if (track.points[middle][0] <= at) low = middle + 1; else high = middle; }
  const here = track.points[low - 1], before = track.points[low - 2];
  if (!here || at - here[0] > TRAIL_S) return null;
  const heading = before ? (Math.atan2((here[2] - before[2]) * Math.cos((here[1] * Math.PI) / 180), here[1] - before[1]) * 180) / Math.PI : 0;
  return { vehicleId: track.vehicleId, latitude: here[1], longitude: here[2], heightM: here[3], heading, airborne: true, stale: false, conforming: true, link: "up", phase: "outbound" };
}
