// Small plots in SVG: lines over time and bars by name, readable without colour.

import { svg } from "./dom.js";

const W = 360, H = 110, LEFT = 34, RIGHT = 8, TOP = 22, FOOT = 16;

/** Lines over time: each { name, tint, dash, points: [[x, y], …] }; null values break a line. */
export function lines(title, unit, series, { marks = [], floor = 0, xWords = minutes, height = H, stepped = false } = {}) {
  const all = series.flatMap((each) => each.points.filter(([, y]) => known(y)));
  const picture = svg("svg", { className: "plot", viewBox: `0 0 ${W} ${height}`, role: "img", "aria-label": title });
  picture.append(svg("text", { className: "title", x: 2, y: 11 }, `${title} [${unit}]`));
  if (!all.length) { picture.append(svg("text", { x: LEFT, y: height / 2 }, "nothing yet")); return picture; }
  const [x0, x1] = extent(all.map(([x]) => x)), [, y1] = extent([...all.map(([, y]) => y), floor]);
  const y0 = Math.min(floor, ...all.map(([, y]) => y));
  const px = (x) => LEFT + ((x - x0) / Math.max(x1 - x0, 1e-9)) * (W - LEFT - RIGHT);
  const py = (y) => height - FOOT - ((y - y0) / Math.max(y1 - y0, 1e-9)) * (height - TOP - FOOT);
  for (const y of ticks(y0, y1)) picture.append(svg("line", { className: "axis", x1: LEFT, x2: W - RIGHT, y1: py(y), y2: py(y) }), svg("text", { x: LEFT - 4, y: py(y) + 3, "text-anchor": "end" }, short(y)));
  for (const x of xWords === minutes ? ticks(x0 / 60, x1 / 60, 5).map((each) => each * 60) : ticks(x0, x1, 5)) picture.append(svg("text", { x: px(x), y: height - 3, "text-anchor": "middle" }, xWords(x)));
  for (const mark of marks) if (mark.x >= x0 && mark.x <= x1) picture.append(svg("line", { x1: px(mark.x), x2: px(mark.x), y1: TOP, y2: height - FOOT, stroke: `var(--${mark.tint})`, "stroke-dasharray": "2 3" }));
  series.forEach((each, index) => {
    picture.append(svg("path", { d: path(stepped ? steps(each.points, x1) : each.points, px, py), fill: "none", stroke: `var(--${each.tint})`, "stroke-width": each.dash ? 1.5 : 2, "stroke-dasharray": each.dash || null }));
    if (each.points.length === 1 && known(each.points[0][1])) picture.append(svg("circle", { cx: px(each.points[0][0]), cy: py(each.points[0][1]), r: 3, fill: `var(--${each.tint})` }));
    picture.append(key(each, index));
  });
  return picture;
}

function key(each, index) {
  const x = W - RIGHT - 74 * (index + 1);
  return svg("g", {}, svg("line", { x1: x, x2: x + 14, y1: 8, y2: 8, stroke: `var(--${each.tint})`, "stroke-width": 2, "stroke-dasharray": each.dash || null }), svg("text", { x: x + 17, y: 11 }, each.name));
}

/** Bars by name: rows { name, value, tint, words }. */
export function bars(title, rows) {
  const height = TOP + 6 + rows.length * 18, most = Math.max(1e-9, ...rows.map((row) => row.value));
  const picture = svg("svg", { className: "plot", viewBox: `0 0 ${W} ${Math.max(height, 50)}`, role: "img", "aria-label": title }, svg("text", { className: "title", x: 2, y: 11 }, title));
  if (!rows.length) picture.append(svg("text", { x: 8, y: 34 }, "nothing yet"));
  rows.forEach((row, index) => {
    const y = TOP + 4 + index * 18;
    picture.append(svg("text", { x: 108, y: y + 11, "text-anchor": "end" }, row.name), svg("rect", { x: 112, y, width: Math.max(1, (row.value / most) * 190), height: 13, fill: `var(--${row.tint || "notice"})` }), svg("text", { x: 118 + (row.value / most) * 190, y: y + 11 }, row.words ?? short(row.value)));
  });
  return picture;
}

/** A battery or a queue as a bar in a line of text. */
export function meter(share, tint) {
  const width = Math.max(0, Math.min(1, share ?? 0)) * 100;
  return svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("rect", { width, height: 10, fill: `var(--${tint})` }));
}

function path(points, px, py) {
  let pen = "M";
  return points.map(([x, y]) => { if (y === null || y === undefined) { pen = "M"; return ""; } const step = `${pen}${px(x).toFixed(1)} ${py(y).toFixed(1)}`; pen = "L"; return step; }).join("");
}

/** A count stays what it is until it changes: level to the next point, then up or down at once. */
function steps(points, last) {
  return points.flatMap(([x, y], index) => (index ? [[x, points[index - 1][1]], [x, y]] : [[x, y]])).concat(points.length ? [[last, points.at(-1)[1]]] : []);
}

const known = (value) => value !== null && value !== undefined;
function extent(values) { return [Math.min(...values), Math.max(...values)]; }

function ticks(low, high, count = 4) {
  const span = Math.max(high - low, 1e-9), rough = span / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step) found.push(value);
  return found;
}

const short = (value) => (Math.abs(value) >= 1000 ? `${Math.round(value / 100) / 10}k` : String(Math.round(value * 100) / 100));
const minutes = (seconds) => (Math.abs(seconds) < 1 ? "0" : `${Math.round(seconds / 6) / 10} min`);
