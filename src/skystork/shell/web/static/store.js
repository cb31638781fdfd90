// What is known now, for all parts of the page: the newest frame, the scene, who is at the desk, what is chosen.

const listeners = new Map();
export const known = { frame: null, scene: null, me: null, chosen: null, scopes: null, cut: false, heardAt: 0 };

/** Call back when a part changes; returns how to stop. */
export function on(name, listener) {
  if (!listeners.has(name)) listeners.set(name, new Set());
  listeners.get(name).add(listener);
  return () => listeners.get(name).delete(listener);
}

export function set(name, value) {
  known[name] = value;
  for (const listener of listeners.get(name) ?? []) listener(value);
}

export const may = (command) => Boolean(known.me?.commands?.includes(command));
/** Where nobody logs in, everybody may. */
export const hasScope = (scope) => !known.scopes || known.scopes.includes(scope);
export const choose = (vehicleId) => set("chosen", vehicleId);

/** The service's clock now, between two frames too. */
export function now() {
  const { frame, heardAt } = known;
  if (!frame) return Date.now() / 1000;
  return frame.atS + Math.min((performance.now() - heardAt) / 1000, 5) * (frame.speed ?? 1);
}

export const vehicle = (id) => known.frame?.drones.find((mark) => mark.vehicleId === id) ?? null;
