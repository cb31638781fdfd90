// What wants a person, least time first. Keys: j and k walk, a takes it, 1 to 6 give the answer. Only the chosen matter is
// open, so that twenty fit; it stays the chosen one whatever comes above it, so that an answer never goes to another.

import { h, replace, toast, whenChanged } from "./dom.js";
import { span } from "./format.js";
import { bindAll } from "./keys.js";
import { order, sendNow } from "./confirm.js";
import { choose, known, may, now, on } from "./store.js";

const SHAPES = { information: "●", warning: "▲", critical: "◆" };

export class AttentionPanel {
  constructor() {
    this.key = "";
    this.list = h("div", { className: "matters" });
    this.element = h("section", { className: "attention", "aria-label": "Attention" }, h("div", { className: "head" }, h("h2", {}, "Attention"), h("span", { className: "soft" }, h("kbd", {}, "j"), " ", h("kbd", {}, "k"), " walk ", h("kbd", {}, "a"), " take ", h("kbd", {}, "1"), "… answer")), this.list);
    this.draw = whenChanged(() => this.drawAll());
    this.stops = [on("frame", () => this.refresh()), bindAll([
      ["j", "next matter", () => this.walk(1)], ["k", "matter before", () => this.walk(-1)], ["a", "take the chosen matter", () => this.take(this.current)],
      ...[1, 2, 3, 4, 5, 6].map((digit) => [String(digit), digit === 1 ? "first answer of the chosen matter (2 to 6: the others)" : `answer ${digit}`, () => this.answer(digit - 1)]),
    ])];
    this.timer = setInterval(() => this.tick(), 1000);
    this.refresh();
  }

  get matters() { return known.frame?.attention ?? []; }
  get current() { return this.matters.find((each) => each.matter.key === this.key); }

  refresh() {
    if (!this.current) this.key = this.matters[0]?.matter.key ?? "";
    this.draw([this.key, this.matters, known.frame?.pending, known.me?.name]);
  }

  drawAll() {
    const pending = known.frame?.pending ?? [];
    replace(this.list, pending.map((each) => this.drawPending(each)), this.matters.length ? this.matters.map((each) => this.drawMatter(each)) : h("p", { className: "good" }, "✓ Nothing wants a decision."));
    this.tick();
  }

  drawMatter(owned) {
    const { matter } = owned, isChosen = matter.key === this.key, pick = () => this.pick(owned);
    return h("article", { className: `matter ${matter.urgency} ${isChosen ? "chosen" : ""} ${owned.escalated ? "escalated" : ""}`, "data-key": matter.key, tabindex: 0, onClick: pick, onKeydown: (event) => { if (event.key === "Enter" && event.target === event.currentTarget) pick(); } },
      h("div", { className: "top" }, h("strong", {}, `${SHAPES[matter.urgency]} ${matter.title}`), matter.decideByS ? h("span", { className: "left", "data-by": matter.decideByS, title: matter.decideWhy }, "") : h("span", { className: "soft" }, "no hurry")),
      isChosen ? this.drawOpen(owned) : null, this.drawOwner(owned));
  }

  drawOpen(owned) {
    const { matter } = owned;
    const answers = matter.choices.map((each, place) => h("li", {}, h("button", { className: each.recommended ? "primary" : "", disabled: !each.command || !may(each.command), onClick: () => this.send(owned, each) }, h("kbd", {}, place + 1), " ", each.label), h("span", {}, each.consequence)));
    return [
      h("p", {}, matter.detail, matter.decideByS ? `${/[.!?]$/.test(matter.detail) ? "" : "."} Decide in time: ${matter.decideWhy}.` : ""), h("ul", {}, answers)];
  }

  pick(owned) {
    this.key = owned.matter.key;
    if (owned.matter.vehicleId) choose(owned.matter.vehicleId);
    this.refresh();
  }

  drawOwner(owned) {
    if (owned.owner) return h("div", { className: "who" }, `✓ ${owned.owner === known.me?.name ? "yours" : `${owned.owner} has it`}`);
    const asked = owned.escalated ? h("span", { className: "grave" }, `▲ nobody took it: now the ${owned.asked} is asked`) : h("span", {}, `nobody has it: the ${owned.asked} is asked`);
    return h("div", { className: "who" }, asked, h("button", { className: "take", disabled: !may("takeAlarm"), onClick: (event) => { event.stopPropagation(); this.take(owned); } }, "Take it"));
  }

  drawPending(each) {
    return h("article", { className: "matter warning pending" }, h("div", { className: "top" }, h("strong", {}, `▲ ${each.type} waits for a second person`), h("span", { className: "left", "data-by": each.confirmByS }, "")),
      h("p", {}, `Asked by ${each.issuer}: ${each.detail || each.why || "no reason given"}`), h("ul", {}, h("li", {}, h("button", { disabled: each.issuer === known.me?.name, onClick: () => order({ type: "confirm", issuer: each.issuer, confirms: each.commandId }, `Confirm ${each.type} of ${each.issuer}`) }, "Confirm"), h("span", {}, each.issuer === known.me?.name ? "somebody else must" : "it is then done"))));
  }

  tick() {
    for (const left of this.list.querySelectorAll(".left")) {
      const seconds = Number(left.dataset.by) - now();
      left.textContent = seconds >= 0 ? `${span(seconds)} left` : `${span(-seconds)} over`;
      left.className = `left ${seconds < 60 ? "grave" : seconds < 300 ? "warn" : ""}`;
    }
  }

  walk(step) {
    const at = this.matters.indexOf(this.current), next = this.matters[Math.max(0, Math.min(this.matters.length - 1, at + step))];
    if (!next) return;
    this.pick(next);
    this.list.querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
  }

  async take(owned) {
    if (!owned) return;
    const answer = await sendNow({ type: "takeAlarm", alarmKey: owned.matter.key });
    if (answer) toast(answer.status === "FINISHED" ? `Yours: ${owned.matter.title}` : answer.detail, answer.status === "FINISHED" ? "" : "grave");
  }

  answer(index) {
    const choice = this.current?.matter.choices[index];
    if (choice?.command && may(choice.command)) this.send(this.current, choice);
  }

  async send(owned, choice) {
    await order({ type: choice.command, ...choice.targets }, `${choice.label}: ${owned.matter.title}`, choice.consequence);
  }

  close() { this.stops.forEach((stop) => stop()); clearInterval(this.timer); }
}
