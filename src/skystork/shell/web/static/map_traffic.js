// Everything that moves, on one canvas drawn once a frame: 300 marks cost what one picture costs, and no element is made.

import { colour } from "./map_base.js";
import { CanvasLayer } from "./map_canvas.js";
import { sign } from "./format.js";

const HIT_PX = 16;
const LABELS_BELOW = 60; // more marks than this and only the chosen, the held and the troubled have their names

/** A canvas over the map; give it marks with `take`, it calls `onPick` with the vehicle's name. */
export const TrafficLayer = CanvasLayer.extend({
  pane: "marks",

  initialize(onPick) { this.onPick = onPick; this.drones = []; this.vans = []; this.chosen = null; this.places = []; this.drawn = 0; },

  onAdd(map) {
    CanvasLayer.prototype.onAdd.call(this, map);
    map.on("click", this.pick, this).on("mousemove", this.hover, this);
  },

  onRemove(map) {
    map.off("click", this.pick, this).off("mousemove", this.hover, this);
    CanvasLayer.prototype.onRemove.call(this, map);
  },

  take(drones, vans, chosen, vansOld = false) {
    [this.drones, this.vans, this.chosen, this.vansOld] = [drones, vans, chosen, vansOld];
    this.ask();
  },

  /** However often it is asked, it draws once before the next picture of the screen. */
  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => { this.asked = false; if (this.canvas.isConnected) this.draw(); });
  },

  draw() {
    const pen = this.cleared();
    pen.font = "600 11px system-ui, sans-serif";
    this.places = [];
    this.names = [];
    const paint = { ink: colour("ink"), ground: colour("ground"), road: colour("road"), select: colour("select"), soft: colour("soft"), good: colour("good"), notice: colour("notice"), warn: colour("warn"), grave: colour("grave") };
    for (const van of this.vans) this.drawVan(pen, paint, van);
    const few = this.drones.length <= LABELS_BELOW;
    for (const mark of this.drones) this.drawDrone(pen, paint, mark, few);
    this.drawNames(pen, paint);
    this.drawn += 1;
  },

  spot(latitude, longitude) { return this.map.latLngToContainerPoint([latitude, longitude]); },

  drawVan(pen, paint, van) {
    if (van.latitude === null) return;
    const at = this.spot(van.latitude, van.longitude);
    const isChosen = van.vehicleId === this.chosen;
    pen.globalAlpha = this.vansOld ? 0.45 : 1;
    pen.strokeStyle = pen.fillStyle = isChosen ? paint.select : paint.road;
    pen.lineWidth = 1;
    if (isChosen && van.stops.length) this.drawTour(pen, at, van.stops);
    for (const [latitude, longitude, kind] of van.stops) if (kind === "deliver") { const stop = this.spot(latitude, longitude); pen.strokeRect(stop.x - 2, stop.y - 2, 4, 4); }
    (van.kind === "robot" ? robotBody : vanBody)(pen, paint, at);
    pen.globalAlpha = 1;
    this.names.push({ at, text: van.vehicleId, tint: isChosen ? paint.select : paint.road, second: this.vansOld ? "as last heard" : "", first: isChosen });
    this.places.push({ at, id: van.vehicleId });
  },

  drawTour(pen, at, stops) {
    pen.setLineDash([4, 4]);
    pen.beginPath();
    pen.moveTo(at.x, at.y);
    for (const [latitude, longitude] of stops) { const next = this.spot(latitude, longitude); pen.lineTo(next.x, next.y); }
    pen.stroke();
    pen.setLineDash([]);
  },

  drawDrone(pen, paint, mark, few) {
    if (mark.latitude === null) return;
    const at = this.spot(mark.latitude, mark.longitude);
    if (at.x < -20 || at.y < -20 || at.x > this.map.getSize().x + 20 || at.y > this.map.getSize().y + 20) return;
    const isChosen = mark.vehicleId === this.chosen, troubled = mark.link === "lost" || !mark.conforming;
    const tint = paint[troubled ? "grave" : sign(mark.phase)[1]];
    pen.globalAlpha = mark.stale && !troubled ? 0.55 : 1;
    pen.save();
    pen.translate(at.x, at.y);
    if (mark.airborne) this.arrow(pen, paint, tint, mark.heading ?? 0); else { pen.beginPath(); pen.arc(0, 0, 4, 0, 7); pen.lineWidth = 2; pen.strokeStyle = tint; pen.stroke(); }
    pen.restore();
    if (troubled || isChosen || mark.phase === "holding") this.ring(pen, at, isChosen ? paint.select : tint, troubled);
    pen.globalAlpha = 1;
    if (mark.airborne && (few || isChosen || troubled || mark.phase === "holding")) this.names.push({ at, text: mark.vehicleId, tint: isChosen ? paint.select : troubled ? paint.grave : paint.ink, second: under(mark), first: isChosen || troubled || mark.phase === "holding" });
    this.places.push({ at, id: mark.vehicleId });
  },

  arrow(pen, paint, tint, heading) {
    pen.rotate((heading * Math.PI) / 180);
    pen.beginPath();
    pen.moveTo(0, -10); pen.lineTo(7, 8); pen.lineTo(0, 4); pen.lineTo(-7, 8); pen.closePath();
    pen.fillStyle = tint; pen.fill();
    pen.lineWidth = 1.5; pen.strokeStyle = paint.ground; pen.stroke();
  },

  ring(pen, at, tint, dashed) {
    pen.setLineDash(dashed ? [3, 3] : []);
    pen.lineWidth = 2; pen.strokeStyle = tint;
    pen.beginPath(); pen.arc(at.x, at.y, 15, 0, 7); pen.stroke();
    pen.setLineDash([]);
  },

  /** What is chosen or in trouble has its name first; another goes where there is room about it, or not at all. */
  drawNames(pen, paint) {
    const taken = this.places.map(({ at }) => [at.x - 8, at.y - 8, 16, 16]);
    for (const name of this.names.sort((a, b) => Number(b.first) - Number(a.first))) {
      const width = Math.max(pen.measureText(name.text).width, name.second ? pen.measureText(name.second).width : 0), height = name.second ? 25 : 13;
      const aside = name.first ? 19 : 12; // outside the ring
      const spots = [[aside, -13], [-aside - width, -13], [-width / 2, -14 - height], [-width / 2, 14], [14, 6], [-14 - width, 6]].map(([x, y]) => [name.at.x + x, name.at.y + y, width, height]);
      const spot = spots.find((each) => !taken.some((other) => overlap(each, other))) ?? (name.first ? spots[0] : null);
      if (!spot) continue;
      taken.push(spot);
      this.write(pen, paint, spot, name);
    }
  },

  write(pen, paint, [x, y], { text, tint, second }) {
    pen.lineWidth = 3; pen.strokeStyle = paint.ground; pen.fillStyle = tint;
    pen.strokeText(text, x, y + 10); pen.fillText(text, x, y + 10);
    if (!second) return;
    pen.fillStyle = paint.soft; pen.strokeText(second, x, y + 22); pen.fillText(second, x, y + 22);
  },

  nearest(point) {
    let best = null, bestPx = HIT_PX;
    for (const place of this.places) { const px = place.at.distanceTo(point); if (px <= bestPx) [best, bestPx] = [place, px]; }
    return best;
  },

  pick(event) { const found = this.nearest(event.containerPoint); if (found) this.onPick(found.id); },
  hover(event) { this.map.getContainer().style.cursor = this.nearest(event.containerPoint) ? "pointer" : ""; },
});

/** Seen from the side, with its window. */
function vanBody(pen, paint, at) {
  pen.fillRect(at.x - 6, at.y - 4, 12, 8);
  pen.fillStyle = paint.ground;
  pen.fillRect(at.x + 2, at.y - 2, 3, 4);
}

/** Small, round-bellied, with its flag. */
function robotBody(pen, paint, at) {
  pen.beginPath(); pen.arc(at.x, at.y, 4.5, 0, 7); pen.fill();
  pen.beginPath(); pen.moveTo(at.x + 4, at.y); pen.lineTo(at.x + 4, at.y - 10); pen.stroke();
  pen.fillStyle = paint.ground;
  pen.fillRect(at.x - 2, at.y - 1.5, 4, 3);
}

/** Height, and how far off its plan it is. */
function under(mark) {
  const off = (mark.crossTrackM ?? null) === null ? "" : mark.conforming ? ` · ${Math.round(mark.crossTrackM)} off` : ` ✕ ${Math.round(mark.crossTrackM)} m off`;
  return mark.heightM === null ? off.trim() : `${Math.round(mark.heightM)} m${off}`;
}

const overlap = ([ax, ay, aw, ah], [bx, by, bw, bh]) => ax < bx + bw && bx < ax + aw && ay < by + bh && by < ay + ah;
