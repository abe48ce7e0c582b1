/* Pictures of a part: zoomed and panned together, and compared with the nearest good part.
   The element is built by pictures.py; what moves reads the properties --zoom, --x and --y of it. */
(() => {
  const KEPT = 'iad.compare';
  const MOST = 24;
  const BLINK_MS = 500;
  const STEP = 1.4;
  const OTHERS_KEYS = 'input, select, textarea, [contenteditable], [role=slider], [role=listbox], dialog, .q-dialog, .q-menu';
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const within = (value, least, most) => Math.min(Math.max(value, least), most);

  class Pictures extends HTMLElement {
    connectedCallback() {
      Object.assign(this, {zoom: 1, x: 0, y: 0, split: 0.5, fingers: new Map(), stop: new AbortController()});
      this.stack = this.querySelector('.stack');
      this.divider = this.querySelector('.divider');
      this.compare(localStorage.getItem(KEPT) || 'beside');
      if (still.matches) this.rest();
      this.on(this, 'click', event => this.clicked(event));
      this.on(this, 'wheel', event => this.wheeled(event));
      this.on(this, 'dblclick', event => this.shareOf(event) && this.reset());
      this.on(this, 'pointerdown', event => this.pressed(event));
      this.on(this, 'pointermove', event => this.moved(event));
      for (const type of ['pointerup', 'pointercancel']) this.on(this, type, event => this.fingers.delete(event.pointerId));
      this.on(this.divider, 'keydown', event => this.slid(event));
      this.on(document, 'keydown', event => this.typed(event));
      this.on(document, 'keyup', event => event.key.toLowerCase() === 'b' && this.release());
      this.on(window, 'blur', () => this.release());
      this.sized = new ResizeObserver(() => this.draw());
      this.sized.observe(this.stack);
    }

    disconnectedCallback() {
      this.stop.abort();
      this.sized.disconnect();
      clearInterval(this.blinking);
    }

    on(target, type, work) {
      target.addEventListener(type, work, {signal: this.stop.signal, passive: false});
    }

    /* --- zoom and pan; x, y: where the picture's corner lies, as shares of the frame --- */

    draw() {
      this.x = within(this.x, 1 - this.zoom, 0);
      this.y = within(this.y, 1 - this.zoom, 0);
      const {style, dataset} = this;
      style.setProperty('--zoom', this.zoom);
      style.setProperty('--x', this.x);
      style.setProperty('--y', this.y);
      style.setProperty('--split', this.split);
      // Pixels of the original to one of the screen, so that lines and numbers stay as wide as they are.
      style.setProperty('--unit', dataset.width / (this.stack.clientWidth || 1) / this.zoom);
      this.toggleAttribute('data-zoomed', this.zoom > 1);
      this.divider.setAttribute('aria-valuenow', Math.round(100 * this.split));
      if (this.zoom > 1) this.sharpen();
    }

    /* The picture is as sharp as the photograph once one looks closely. */
    sharpen() {
      this.querySelectorAll('img[data-whole]').forEach(image => {
        image.src = image.dataset.whole;
        image.removeAttribute('data-whole');
      });
    }

    /* Where a pointer is on its picture, as shares of the frame; nothing beside the pictures. */
    shareOf(event) {
      const stack = event.target.closest('.stack');
      if (!stack) return null;
      const box = stack.getBoundingClientRect();
      return {x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height, box};
    }

    zoomBy(factor, at = {x: 0.5, y: 0.5}) {
      const zoom = within(this.zoom * factor, 1, MOST);
      this.x = at.x - (at.x - this.x) * zoom / this.zoom;
      this.y = at.y - (at.y - this.y) * zoom / this.zoom;
      this.zoom = zoom;
      this.draw();
    }

    panBy(x, y) {
      this.x += x;
      this.y += y;
      this.draw();
    }

    reset() {
      this.zoom = 1;
      this.draw();
    }

    wheeled(event) {
      const at = this.shareOf(event);
      if (!at || (this.zoom === 1 && event.deltaY > 0)) return;  // the page scrolls on
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), at);
    }

    pressed(event) {
      const at = this.shareOf(event);
      if (!at || event.button) return;
      this.fingers.set(event.pointerId, {x: event.clientX, y: event.clientY});
      this.sliding = event.target.closest('.divider');
      event.target.setPointerCapture(event.pointerId);
      if (!this.sliding) event.preventDefault();
    }

    moved(event) {
      const before = this.fingers.get(event.pointerId), at = this.shareOf(event);
      if (!before || !at) return;
      const now = {x: event.clientX, y: event.clientY};
      this.fingers.set(event.pointerId, now);
      const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
      if (this.sliding) this.slide(at.x);
      else if (other) {
        const far = one => Math.hypot(one.x - other.x, one.y - other.y) || 1;
        const middle = {clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2, target: event.target};
        this.zoomBy(far(now) / far(before), this.shareOf(middle));
        this.panBy((now.x - before.x) / 2 / at.box.width, (now.y - before.y) / 2 / at.box.height);
      } else this.panBy((now.x - before.x) / at.box.width, (now.y - before.y) / at.box.height);
    }

    /* --- comparison: beside, slide, blink --- */

    compare(way) {
      this.dataset.compare = way;
      localStorage.setItem(KEPT, way);
      this.querySelectorAll('[data-way]').forEach(one => one.setAttribute('aria-pressed', one.dataset.way === way));
      if (way === 'blink') this.alternate();
      else this.rest();
    }

    /* Show the good part and the part in turn; where motion is not wanted, turn over once a press. */
    alternate() {
      clearInterval(this.blinking);
      const over = () => this.toggleAttribute('data-good');
      over();
      if (!still.matches) this.blinking = setInterval(over, BLINK_MS);
    }

    rest() {
      clearInterval(this.blinking);
      this.removeAttribute('data-good');
    }

    /* Blink while a key is held. */
    hold() {
      this.toggleAttribute('data-held', true);
      this.rest();
      this.alternate();
    }

    release() {
      if (!this.hasAttribute('data-held')) return;
      this.removeAttribute('data-held');
      this.rest();
      if (this.dataset.compare === 'blink' && !still.matches) this.alternate();
    }

    slide(split) {
      this.split = within(split, 0, 1);
      this.draw();
    }

    slid(event) {
      const to = {ArrowLeft: this.split - 0.02, ArrowRight: this.split + 0.02, Home: 0, End: 1}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.slide(to);
    }

    clicked(event) {
      const button = event.target.closest('button');
      if (button?.dataset.way) this.compare(button.dataset.way);
      if (button?.dataset.zoom) this.zoomed(button.dataset.zoom);
    }

    zoomed(how) {
      if (how === '0') this.reset();
      else this.zoomBy(how === '+' ? STEP : 1 / STEP);
    }

    typed(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(OTHERS_KEYS)) return;
      const key = event.key.toLowerCase();
      const pan = {arrowleft: [0.1, 0], arrowright: [-0.1, 0], arrowup: [0, 0.1], arrowdown: [0, -0.1]}[key];
      if (key === 'b') {
        if (!event.repeat) this.hold();
      } else if (['+', '=', '-', '0'].includes(key)) this.zoomed(key === '=' ? '+' : key);
      else if (pan && this.zoom > 1) {
        event.preventDefault();
        this.panBy(...pan);
      } else if (this.dataset.compare === 'slide') this.slid(event);
    }
  }

  customElements.define('iad-pictures', Pictures);
})();
