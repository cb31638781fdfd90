// Figures as a person reads them. What is not known is a dash, never a zero.

export const DASH = "–";

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);

export const metres = (value) => (known(value) ? `${Math.round(value)} m` : DASH);
export const speed = (value) => (known(value) ? `${value.toFixed(1)} m/s` : DASH);
export const percent = (value) => (known(value) ? `${Math.round(value * 100)}\u00a0%` : DASH);
export const degrees = (value) => (known(value) ? `${String(Math.round(value)).padStart(3, "0")}°` : DASH);
export const number = (value, digits = 0) => (known(value) ? value.toFixed(digits) : DASH);

/** A moment as the clock of the site's log: UTC. */
export function clock(seconds, withSeconds = true) {
  if (!known(seconds)) return DASH;
  return new Date(seconds * 1000).toISOString().slice(11, withSeconds ? 19 : 16);
}

export const stamp = (seconds) => (known(seconds) ? new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ") + " UTC" : DASH);

/** A length of time, like 4:05 or 1:02:07; a minus in front when it is over. */
export function span(seconds) {
  if (!known(seconds)) return DASH;
  const whole = Math.round(Math.abs(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const tail = `${String(minutes).padStart(hours ? 2 : 1, "0")}:${String(rest).padStart(2, "0")}`;
  return `${seconds < 0 ? "−" : ""}${hours ? `${hours}:` : ""}${tail}`;
}

/** How far from a promise: early is good. */
export function against(promise, eta) {
  if (!known(promise) || !known(eta)) return { text: DASH, grade: "" };
  const left = promise - eta;
  return { text: left >= 0 ? `${span(left)} early` : `${span(-left)} late`, grade: left < 0 ? "grave" : left < 120 ? "warn" : "good" };
}

const BATTERY = [[0.25, "grave"], [0.35, "warn"]];
export const batteryGrade = (share) => (known(share) ? (BATTERY.find(([limit]) => share < limit)?.[1] ?? "good") : "soft");

/** Every phase and state with its colour and its sign, so that colour is never alone. */
export const SIGNS = {
  ready: ["○", "good"], planning: ["◔", "notice"], loading: ["◑", "notice"], uploading: ["◕", "notice"], starting: ["◆", "notice"],
  outbound: ["▲", "notice"], dropping: ["▼", "warn"], inbound: ["△", "good"], holding: ["■", "warn"], returning: ["◀", "warn"],
  landed: ["▬", "good"], turnaround: ["↻", "soft"], "kept back": ["✕", "warn"], "out of service": ["✕", "grave"], "not ready": ["·", "soft"],
};
export const sign = (phase) => SIGNS[phase] ?? ["•", "soft"];
