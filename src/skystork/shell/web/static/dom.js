// Elements without markup: whatever comes from outside goes in as text, so nothing in it is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. Properties starting with "on" are listeners; null and false are left out; children may be lists. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for a drawing. */
export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "value" && "value" in element) element.value = value;
    else if (name === "checked") element.checked = value;
    else element.setAttribute(name === "className" ? "class" : name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Put other children in the place of those there; the focus of the keyboard stays on what is the same thing. */
export function replace(element, ...children) {
  const focused = document.activeElement, held = focused !== element && element.contains(focused) ? spotOf(element, focused) : null;
  element.replaceChildren();
  append(element, children);
  if (held) found(element, held)?.focus({ preventScroll: true });
  return element;
}

const THINGS = "[data-id], [data-key], [data-flight]", CONTROLS = "a, button, input, select, [tabindex]";
const nameOf = (thing) => thing.dataset.id ?? thing.dataset.key ?? thing.dataset.flight;
const controlsOf = (thing) => [thing, ...thing.querySelectorAll(CONTROLS)];

/** Which control of which thing: by the thing's name, because the next drawing may have it in another place. */
function spotOf(element, focused) {
  const nearest = focused.closest(THINGS), thing = nearest && nearest !== element && element.contains(nearest) ? nearest : null;
  return { name: thing && nameOf(thing), at: controlsOf(thing ?? element).indexOf(focused), words: focused.textContent };
}

function found(element, { name, at, words }) {
  if (name === null) return controlsOf(element).find((each, index) => index === at && each.textContent === words);
  const thing = [...element.querySelectorAll(THINGS)].find((each) => nameOf(each) === name);
  return thing && (controlsOf(thing)[at] ?? thing);
}

/** Redraw a part only when what it is drawn from changed, so that a click is not lost under the pointer. */
export function whenChanged(draw) {
  let before;
  return (value) => {
    const now = JSON.stringify(value);
    if (now === before) return;
    before = now;
    draw(value);
  };
}

/** A short word at the foot of the page. */
export function toast(text, kind = "") {
  const note = h("div", { className: `toast ${kind}` }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), kind === "grave" ? 12000 : 6000);
}
