/* A photograph from the browser's camera: put into the page's field for images, as if it were dropped there.
   The element is built by camera.py. */
(() => {
  const KEPT = 'iad.camera';
  const LARGEST = {width: {ideal: 8192}, height: {ideal: 8192}};
  const QUALITY = 0.95;
  const TYPED = 'input, select, textarea, [contenteditable], dialog, .q-dialog, .q-menu';
  const WHY = {NotAllowedError: 'refused', NotFoundError: 'missing', OverconstrainedError: 'missing'};

  class Camera extends HTMLElement {
    connectedCallback() {
      this.stopped = new AbortController();
      const find = name => this.querySelector(name);
      Object.assign(this, {dialog: find('dialog'), video: find('video'), devices: find('select'), told: find('.told')});
      const on = (target, type, work, capture = false) =>
        target.addEventListener(type, work, {signal: this.stopped.signal, capture});
      on(this, 'click', event => {
        const work = event.target.closest('[data-do]')?.dataset.do;
        if (work) this[work]();
      });
      on(this.dialog, 'close', () => this.stop());
      on(this.devices, 'change', () => {
        localStorage.setItem(KEPT, this.devices.value);
        this.start();
      });
      // The page's keys rest while the camera is open.
      on(window, 'keydown', event => this.typed(event), true);
    }

    disconnectedCallback() {
      this.stopped.abort();
      this.stop();
    }

    typed(event) {
      if (this.dialog.open) event.stopPropagation();
      else if (event.key.toLowerCase() === 'c' && !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey
        && !event.target.closest?.(TYPED)) this.open();
    }

    open() {
      this.dialog.showModal();
      this.start();
    }

    close() {
      this.dialog.close();
    }

    async start() {
      this.stop();
      this.tell('waiting');
      if (!window.isSecureContext || !navigator.mediaDevices) return this.tell('insecure');
      const wanted = localStorage.getItem(KEPT);
      const which = wanted ? {deviceId: {ideal: wanted}} : {facingMode: {ideal: 'environment'}};
      try {
        const stream = await navigator.mediaDevices.getUserMedia({video: {...LARGEST, ...which}, audio: false});
        // The dialog may have been closed, or another camera chosen, while the browser asked.
        if (!this.dialog.open || this.stream) return stream.getTracks().forEach(track => track.stop());
        this.stream = stream;
        this.video.srcObject = stream;
        await this.video.play();
        await this.list();
        this.tell('');
        this.querySelector('[data-do=take]').focus();
      } catch (error) {
        this.stop();
        this.tell(WHY[error.name] || 'busy');
      }
    }

    stop() {
      this.stream?.getTracks().forEach(track => track.stop());
      this.stream = this.video.srcObject = null;
    }

    /* Say what is the matter; nothing where the picture is live. */
    tell(what) {
      this.told.textContent = what && this.told.dataset[what];
      this.dataset.state = what || 'live';
      this.querySelector('[data-do=take]').disabled = Boolean(what);
    }

    async list() {
      const found = (await navigator.mediaDevices.enumerateDevices()).filter(each => each.kind === 'videoinput');
      const here = this.stream?.getVideoTracks()[0].getSettings().deviceId;
      this.devices.replaceChildren(...found.map(each => new Option(each.label, each.deviceId, false, each.deviceId === here)));
      this.devices.hidden = found.length < 2;
    }

    async take() {
      const {videoWidth: width, videoHeight: height} = this.video;
      if (!width) return;
      const still = Object.assign(document.createElement('canvas'), {width, height});
      still.getContext('2d').drawImage(this.video, 0, 0);
      const data = await new Promise(done => still.toBlob(done, 'image/jpeg', QUALITY));
      this.close();
      const now = new Date(), at = new Date(now - now.getTimezoneOffset() * 60000).toISOString();
      const files = new DataTransfer();
      files.items.add(new File([data], `camera-${at.slice(0, 19).replace(/[T:]/g, '-')}.jpg`, {type: 'image/jpeg'}));
      const field = document.querySelector('.intake .drop input[type=file]');
      field.files = files.files;
      field.dispatchEvent(new Event('change', {bubbles: true}));
    }
  }

  customElements.define('iad-camera', Camera);
})();
