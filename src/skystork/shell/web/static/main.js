// The frame of the console: who is at the desk, the stream, the pages and the keys.

import { h, replace, toast } from "./dom.js";
import { clock, span } from "./format.js";
import { bindAll, listen, showHelp } from "./keys.js";
import { get, setToken, stream } from "./server.js";
import { known, now, set } from "./store.js";
import { showLogin, logOut } from "./page_login.js";
import { showMap } from "./page_map.js";
import { showLaunch } from "./page_launch.js";
import { showOrders } from "./page_orders.js";
import { showFleet } from "./page_fleet.js";
import { showAirspace } from "./page_airspace.js";
import { showFigures } from "./page_figures.js";
import { showReplay } from "./page_replay.js";
import { showAudit } from "./page_audit.js";

const PAGES = [["map", "Map", showMap], ["launch", "Launch", showLaunch], ["orders", "Orders", showOrders], ["fleet", "Fleet", showFleet], ["airspace", "Airspace", showAirspace], ["figures", "Figures", showFigures], ["replay", "Replay", showReplay], ["audit", "Audit", showAudit]];
const page = document.getElementById("page"), bar = document.getElementById("bar"), banner = document.getElementById("banner");
let leave = null, shownScene = "";

function show() {
  const name = location.hash.slice(2).split("/")[0] || "map";
  const [id, , make] = PAGES.find(([each]) => each === name) ?? PAGES[0];
  leave?.();
  leave = null;
  page.dataset.page = id;
  for (const link of bar.querySelectorAll("nav a")) link.hash === `#/${id}` ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  document.title = `${PAGES.find(([each]) => each === id)[1]} – ${known.scene.site} – Skystork`;
  leave = make(page) ?? null;
}

function drawBar() {
  const links = PAGES.map(([id, label], index) => h("a", { href: `#/${id}` }, h("kbd", {}, `F${index + 2}`), ` ${label}`, id === "map" ? h("span", { className: "count", hidden: true }) : null, id === "launch" ? h("span", { className: "count launches", hidden: true }) : null));
  replace(bar, h("span", { className: "site" }, known.scene.site), h("span", { className: "clock" }), h("nav", { "aria-label": "Pages" }, links), h("span", { className: "state" }), h("span", { className: "soft who" }, `${known.me.name} · ${known.me.role}`),
    h("button", { title: "light or dark", "aria-label": "light or dark", onClick: theme }, "◐"), h("button", { title: "keys", onClick: showHelp }, "?"), known.me.session ? h("button", { onClick: logOut }, "Log out") : null);
}

function theme() {
  const next = document.documentElement.dataset.theme === "light" ? "dark" : "light";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("skystork-theme", next);
  show();
}

function tick() {
  const clockBox = bar.querySelector(".clock"), state = bar.querySelector(".state");
  if (!clockBox) return;
  const speed = known.frame?.speed, age = known.heardAt ? (performance.now() - known.heardAt) / 1000 : null;
  clockBox.textContent = `${clock(now())}Z${speed && speed !== 1 ? ` ×${speed}` : ""}`;
  const cut = known.cut || (age !== null && age > 3), bus = known.frame?.busProblem;
  document.body.classList.toggle("old", cut);
  document.body.classList.toggle("busless", Boolean(bus));
  state.className = `state ${cut ? "grave" : "good"}`;
  state.textContent = cut ? "picture is old" : "live";
  banner.hidden = !cut && !bus;
  banner.textContent = cut ? `✕ The picture is ${Math.round(age ?? 0)} s old: the service is not heard. What flies goes on by its mission.` : bus ? `▲ The message bus is not connected: vans, crew and weather are as they were heard last${known.frame.weather ? ` (weather ${span(now() - known.frame.weather.atS)} ago)` : ""}. Aircraft are heard and steered as before.` : "";
}

function taken(frame) {
  if (known.heardAt && performance.now() - known.heardAt > 10000) toast("The service is heard again.");
  known.heardAt = performance.now();
  set("frame", frame);
  const [matters, launches] = [frame.attention.length, frame.launches];
  for (const [box, count] of [[bar.querySelector("nav .count"), matters], [bar.querySelector(".launches"), launches]]) if (box) { box.hidden = !count; box.textContent = count; }
  if (frame.scene !== shownScene) renew(frame.scene);
}

/** The airspace was changed: everything that stands on it is fetched anew. */
async function renew(hash) {
  const first = !shownScene;
  shownScene = hash;
  if (first && known.scene.hash === hash) return;
  set("scene", await get("console/scene"));
  toast("The airspace in force has changed.");
}

/** The session's token against forged requests; there is none where nobody logs in. */
const csrf = () => get("v1/session").then((session) => { known.scopes = session.scopes ?? null; return session.csrfToken ?? ""; }, () => "");

async function begin() {
  document.documentElement.dataset.theme = localStorage.getItem("skystork-theme") ?? "dark";
  let me;
  try { me = await get("console/me"); } catch (error) {
    if (error.status === 401) return showLogin(page, begin);
    banner.hidden = false; banner.textContent = `✕ ${error.message}`;
    return setTimeout(begin, 3000);
  }
  setToken(await csrf());
  set("me", me);
  set("scene", await get("console/scene"));
  drawBar();
  listen();
  bindAll(PAGES.map(([id, label], index) => [`F${index + 2}`, `page ${label}`, () => { location.hash = `#/${id}`; }]));
  stream("console/stream", taken, (up, closed) => { set("cut", !up); if (closed) setTimeout(() => location.reload(), 5000); });
  window.addEventListener("hashchange", show);
  setInterval(tick, 500);
  show();
}

begin();
