// A canvas that lies over the map and follows it; what is on it is drawn by the layer that extends this.

import { L } from "./map_base.js";

/** Extended with `pane`, the map's pane it lies in, and `draw`, which begins with `cleared`. */
export const CanvasLayer = L.Layer.extend({
  onAdd(map) {
    this.map = map;
    this.canvas = L.DomUtil.create("canvas", "leaflet-layer", map.getPane(this.pane));
    this.canvas.style.pointerEvents = "none";
    map.on("moveend zoomend resize viewreset", this.reset, this);
    this.reset();
  },

  onRemove(map) { map.off("moveend zoomend resize viewreset", this.reset, this); this.canvas.remove(); },

  /** The map moved: the canvas lies over what is seen again, sharp on every screen. */
  reset() {
    const size = this.map.getSize(), ratio = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this.canvas, this.map.containerPointToLayerPoint([0, 0]));
    [this.canvas.width, this.canvas.height] = [size.x * ratio, size.y * ratio];
    [this.canvas.style.width, this.canvas.style.height] = [`${size.x}px`, `${size.y}px`];
    this.draw();
  },

  /** The pen on an empty canvas, in pixels of the page. */
  cleared() {
    const pen = this.canvas.getContext("2d"), ratio = window.devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    return pen;
  },
});
