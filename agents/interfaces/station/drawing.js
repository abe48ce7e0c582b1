// A picture to draw on with finger, pen, mouse or keys: strokes of a brush, or one box. All in pixels of the original.
export default {
  template: `
    <div class="drawing" :style="frame">
      <img :src="picture" alt="" draggable="false" />
      <canvas ref="canvas" tabindex="0" role="application" :aria-label="label" :width="size[0]" :height="size[1]"
        @pointerdown="down" @pointermove="move" @pointerup="up" @pointercancel="up" @pointerleave="pen = null"
        @keydown="key" @blur="pen = null; stroke = null" @contextmenu.prevent></canvas>
      <i v-if="pen" class="pen" :class="{ on: stroke }" :style="penStyle"></i>
    </div>`,
  props: {
    picture: String,
    regions: String, // address of the mask of the regions that were found
    label: String,
    width: Number,
    height: Number,
    box: Boolean, // one box instead of strokes
    brush: Number, // its width, in hundredths of the longer side
    erasing: Boolean,
  },
  data() {
    return { done: [], stroke: null, pen: null, found: null };
  },
  computed: {
    scale() {
      return Math.min(1, 1400 / Math.max(this.width, this.height));
    },
    frame() {
      const ratio = this.width / this.height;
      return { aspectRatio: ratio, width: `min(100%, ${60 * ratio}vh)` };
    },
    size() {
      return [this.width, this.height].map((side) => Math.round(side * this.scale));
    },
    thickness() {
      return this.box ? Math.max(this.width, this.height) / 50 : (this.brush / 100) * Math.max(this.width, this.height);
    },
    penStyle() {
      const share = (value, whole) => `${(100 * value) / whole}%`;
      return {
        left: share(this.pen[0], this.width),
        top: share(this.pen[1], this.height),
        width: share(this.thickness, this.width),
        height: share(this.thickness, this.height),
      };
    },
  },
  methods: {
    at(event) {
      const frame = this.$refs.canvas.getBoundingClientRect();
      const within = (share, side) => Math.round(Math.min(1, Math.max(0, share)) * side);
      return [
        within((event.clientX - frame.left) / frame.width, this.width),
        within((event.clientY - frame.top) / frame.height, this.height),
      ];
    },
    begin(here) {
      const kind = this.box ? "box" : this.erasing ? "erase" : "paint";
      this.stroke = { kind, width: this.thickness, points: [...here] };
      this.done.push(this.stroke);
      this.stroke = this.done.at(-1);
      this.paint();
    },
    extend(here) {
      const points = this.stroke.points;
      const apart = Math.hypot(here[0] - points.at(-2), here[1] - points.at(-1));
      if (this.box) points.splice(2, 2, ...here);
      else if (apart >= this.thickness / 10) points.push(...here);
      this.paint();
    },
    down(event) {
      if (!event.isPrimary || event.button !== 0) return;
      this.$refs.canvas.setPointerCapture(event.pointerId);
      this.pen = this.at(event);
      this.begin(this.pen);
    },
    move(event) {
      if (!event.isPrimary) return;
      this.pen = this.at(event);
      if (this.stroke && event.buttons) this.extend(this.pen);
    },
    up(event) {
      this.stroke = null;
      if (event.pointerType !== "mouse") this.pen = null;
    },
    key(event) {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      const step = Math.max(this.width, this.height) / (event.shiftKey ? 400 : 50);
      const here = this.pen || [this.width / 2, this.height / 2];
      if (way) {
        const moved = (value, by, side) => Math.round(Math.min(side, Math.max(0, value + by * step)));
        this.pen = [moved(here[0], way[0], this.width), moved(here[1], way[1], this.height)];
        if (this.stroke) this.extend(this.pen);
      } else {
        this.pen = here.map(Math.round);
        if (this.stroke) this.stroke = null;
        else this.begin(this.pen);
      }
    },
    undo() {
      this.stroke = null;
      this.done.pop();
      this.paint();
    },
    clear() {
      if (this.done.length) this.done.push({ kind: "clear" });
      this.paint();
    },
    async from_regions() {
      this.done.push({ kind: "regions" });
      this.found ??= await tinted(this.regions, this.size);
      this.paint();
    },
    drawn() {
      return JSON.parse(JSON.stringify(this.done));
    },
    paint() {
      const to = this.$refs.canvas.getContext("2d");
      to.setTransform(1, 0, 0, 1, 0, 0);
      to.clearRect(0, 0, ...this.size);
      for (const one of this.box ? this.done.slice(-1) : this.done) {
        to.setTransform(this.size[0] / this.width, 0, 0, this.size[1] / this.height, 0, 0);
        if (one.kind === "clear") to.clearRect(0, 0, this.width, this.height);
        else if (one.kind === "regions") this.found && to.drawImage(this.found, 0, 0, this.width, this.height);
        else if (one.kind === "box") rectangle(to, one.points, this.thickness);
        else line(to, one);
      }
    },
  },
};

const COLOUR = "#00e5ff";

function line(to, stroke) {
  const [x, y, ...rest] = stroke.points;
  to.globalCompositeOperation = stroke.kind === "erase" ? "destination-out" : "source-over";
  Object.assign(to, { strokeStyle: COLOUR, lineWidth: stroke.width, lineCap: "round", lineJoin: "round" });
  to.beginPath();
  to.moveTo(x, y);
  to.lineTo(x, y);
  for (let i = 0; i < rest.length; i += 2) to.lineTo(rest[i], rest[i + 1]);
  to.stroke();
  to.globalCompositeOperation = "source-over";
}

function rectangle(to, [x0, y0, x1 = x0, y1 = y0], thickness) {
  Object.assign(to, { fillStyle: COLOUR + "66", strokeStyle: COLOUR, lineWidth: thickness / 3 });
  to.fillRect(x0, y0, x1 - x0, y1 - y0);
  to.strokeRect(x0, y0, x1 - x0, y1 - y0);
}

async function tinted(address, size) {
  // White on black, to the brush's colour on nothing.
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: size[0], height: size[1] });
  const to = canvas.getContext("2d");
  to.drawImage(picture, 0, 0, ...size);
  const held = to.getImageData(0, 0, ...size);
  for (let i = 0; i < held.data.length; i += 4) {
    held.data.set([0x00, 0xe5, 0xff, held.data[i] > 127 ? 255 : 0], i);
  }
  to.putImageData(held, 0, 0);
  return canvas;
}
