// Launch desk: the flights that wait for a person, each with its plan drawn and its checks graded; two steps to the air.

import { h, replace, whenChanged } from "./dom.js";
import * as f from "./format.js";
import { bindAll } from "./keys.js";
import { fit, makeMap } from "./map_base.js";
import { FlightLayer } from "./map_flight.js";
import { ZoneLayer } from "./map_zones.js";
import { missionDesk } from "./mission_desk.js";
import { every } from "./table.js";
import { get } from "./server.js";
import { order } from "./confirm.js";
import { known, may, now } from "./store.js";
import { profiles } from "./vehicle_panel.js";

const STEPS = [["planned", "1 planned"], ["checked", "2 checked"], ["authorise", "3 authorise"], ["loading", "4 loaded, on board"], ["start", "5 launch"]];
const GRADES = { failure: ["✕ failure", "grave"], warning: ["▲ warning", "warn"], pass: ["✓ pass", "good"] };

export function showLaunch(page) {
  let rows = [], chosen = null;
  const list = h("div", { className: "waiting" }), middle = h("div"), right = h("div"), holder = h("div", { className: "map" }), box = h("div", { className: "mapbox" }, holder);
  replace(page, h("div", { className: "launch" }, h("div", {}, h("h1", {}, "Launch desk"), h("p", { className: "soft" }, known.scene.launch === "authorised" ? "Every flight waits here: once to be authorised, once to be launched." : "Flights launch by themselves at this site ([flight] launch = \"automatic\"); missions by hand wait here."), list, missionDesk((view) => preview(view))), h("div", {}, box, middle), right));
  const map = makeMap(holder, known.scene);
  new ZoneLayer(map, known.scene, box);
  const flight = new FlightLayer(map);
  const drawList = whenChanged(() => replace(list, rows.length ? rows.map(entry) : h("p", { className: "good" }, "✓ Nothing waits.")));
  const drawOne = whenChanged((row) => { replace(middle, row ? middlePart(row) : null); replace(right, row ? rightPart(row) : h("p", { className: "soft" }, "Choose a flight.")); });
  const drawPlan = whenChanged((row) => { flight.take(row?.plan ? { ...row, flown: [], mark: { orderId: row.orderId } } : null); if (row?.plan) fit(map, row.plan.points.map((point) => [point[1], point[2]])); });

  const current = () => rows.find((row) => row.flightId === chosen) ?? rows[0] ?? null;
  function draw() { const row = current(); chosen = row?.flightId ?? null; drawList([rows, chosen]); drawOne(row); drawPlan(row && { flightId: row.flightId, plan: row.plan }); }
  function entry(row) {
    const pick = () => { chosen = row.flightId; draw(); };
    return h("article", { className: `matter ${row.step === "refused" ? "critical" : "warning"} ${row.flightId === chosen ? "chosen" : ""}`, "data-flight": row.flightId, tabindex: 0, onClick: pick, onKeydown: (event) => { if (event.key === "Enter") pick(); } }, h("strong", {}, `${row.vehicleId} → ${row.orderId || row.mission}`), h("p", {}, `${row.flightId}: ${words(row)}${row.promisedByS ? `, promise ${f.clock(row.promisedByS, false)}` : ""}`));
  }
  function preview(view) { flight.take(view ? { plan: view, flown: [] } : null); if (view) fit(map, view.points.map((point) => [point[1], point[2]])); }

  const stops = [every(1000, async () => { rows = await get("console/launches"); draw(); }), bindAll([
    ["A", "authorise the chosen flight", () => press(current(), "authoriseLaunch")], ["L", "launch the chosen flight", () => press(current(), "startLaunch")], ["X", "refuse the chosen flight", () => press(current(), "refuseLaunch")], ["j", "next flight", () => walk(1)], ["k", "flight before", () => walk(-1)]])];
  function walk(step) { const at = rows.findIndex((row) => row.flightId === chosen); chosen = rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.flightId ?? null; draw(); }
  return () => { stops.forEach((stop) => stop()); map.remove(); };
}

const words = (row) => ({ authorise: "waits to be authorised", loading: "is being loaded", start: "waits to be launched", started: "is starting" })[row.step] ?? row.step;

function press(row, type) {
  if (!row || !may(type) || !open(row, type)) return;
  const labels = { authoriseLaunch: ["Authorise", "What it carries is loaded, and mission, fence and rally points go on board; nothing moves yet."], startLaunch: ["Launch", "It is checked once more, arms and takes off."], refuseLaunch: ["Refuse", "An order waits again, for another vehicle or the road; a mission by hand is given up."] };
  order({ type, flightId: row.flightId }, `${labels[type][0]} ${row.vehicleId}, flight ${row.flightId}`, labels[type][1]);
}

const open = (row, type) => (type === "authoriseLaunch" ? row.step === "authorise" && !row.checks.some((each) => each.grade === "failure") : type === "startLaunch" ? row.step === "start" : ["authorise", "start", "loading"].includes(row.step));

function middlePart(row) {
  const at = STEPS.findIndex(([name]) => name === row.step);
  return [h("ol", { className: "steps" }, STEPS.map(([name, label], index) => h("li", { className: index < at ? "done" : name === row.step ? "now" : "" }, index < at ? `✓ ${label}` : label))), row.plan ? h("div", { className: "plots" }, profiles({ plan: row.plan, flown: [] })) : null];
}

function rightPart(row) {
  const button = (type, label, grade) => h("button", { className: grade, "data-command": type, disabled: !may(type) || !open(row, type), onClick: () => press(row, type) }, label);
  const plan = row.plan, left = row.decideByS ? row.decideByS - now() : null;
  return [h("h2", {}, `${row.flightId} with ${row.vehicleId}`), h("dl", { className: "facts" }, [row.mission ? ["Mission by hand", row.mission] : ["Order", row.orderId], ["For", row.recipient || f.DASH], ["Parcel", row.weightKg ? `${row.weightKg} kg` : "none"], ["Promise", f.clock(row.promisedByS)], ["Departs", f.clock(row.departsAtS)], ["Takes", plan ? f.span(plan.durationS) : f.DASH], ["At the door", plan && !row.mission ? `${f.span(plan.dropAtS)} after take-off` : f.DASH], ["Lands with", plan ? f.percent(plan.reserve) : f.DASH], ["Decide in", left === null ? "no hurry" : left >= 0 ? f.span(left) : "late"], ["Authorised by", row.authorisedBy || "nobody yet"]].map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    row.separation ? h("p", { className: "notice" }, `Kept apart: ${row.separation}`) : null,
    h("div", { className: "actions" }, button("authoriseLaunch", "Authorise (A)", "primary"), button("startLaunch", "Launch (L)", "primary"), button("refuseLaunch", "Refuse (X)", "grave"), h("a", { href: `console/flights/${encodeURIComponent(row.flightId)}/plan`, download: "" }, ".plan")),
    h("h3", {}, `Checks: ${count(row, "failure")} failed, ${count(row, "warning")} to look at, ${count(row, "pass")} passed`), checkList(row.checks)];
}

const count = (row, grade) => row.checks.filter((each) => each.grade === grade).length;

/** The worst first; each with what was seen, what is required, and what to do. */
export function checkList(checks) {
  const rank = { failure: 0, warning: 1, pass: 2 };
  return h("ul", { className: "checks" }, [...checks].sort((a, b) => rank[a.grade] - rank[b.grade]).map((each) => { const [shape, tint] = GRADES[each.grade]; return h("li", {}, h("span", { className: tint }, shape), h("span", {}, h("strong", {}, each.name), each.seen ? ` is ${each.seen}, required ${each.required}` : "", each.remedy && each.grade !== "pass" ? h("div", { className: "soft" }, `→ ${each.remedy}`) : null)); }));
}
