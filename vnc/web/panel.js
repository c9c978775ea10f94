// Numbers and names beside the picture. They are asked for while it is open, and not otherwise.
const $ = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const pause = 1000;

function span(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms ago`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}

export class Panel {
  constructor(button, element) {
    this.element = element;
    button.addEventListener("click", () => {
      element.hidden = !element.hidden;
      button.setAttribute("aria-expanded", !element.hidden);
      if (element.hidden) clearTimeout(this.timer);
      else this.ask();
    });
  }

  use(socket) {
    clearTimeout(this.timer);
    this.socket = socket;
    this.before = this.asked = null;
    if (socket) socket.addEventListener("open", () => this.ask());
  }

  ask() {
    clearTimeout(this.timer);
    if (this.element.hidden || this.socket?.readyState !== WebSocket.OPEN) return;
    this.asked = performance.now();
    this.socket.send("?");
  }

  show(report) {
    const now = performance.now();
    if (this.asked !== null) {
      $("latency").textContent = `${(now - this.asked).toFixed(1)} ms`;
      this.asked = null;
      this.timer = setTimeout(() => this.ask(), pause);
    }
    $("size").textContent = `${report.width} × ${report.height}`;
    $("age").textContent = report.last_frame_ms_ago === null ? "none yet" : span(report.last_frame_ms_ago);
    this.rates(report, now);
    $("who").replaceChildren(...report.viewers.map((name) => {
      const item = document.createElement("li");
      item.textContent = name;
      return item;
    }));
  }

  rates(report, now) {
    const before = this.before;
    this.before = { report, now };
    $("frames").textContent = number.format(report.frames);
    $("rects").textContent = report.frames ? (report.rectangles / report.frames).toFixed(1) : "–";
    $("pixels").textContent = number.format(report.pixels);
    if (!before || now - before.now < pause / 2) return;
    const seconds = (now - before.now) / 1000, frames = report.frames - before.report.frames;
    $("frames").textContent = `${number.format(report.frames)} (${(frames / seconds).toFixed(1)} a second)`;
    if (frames > 0) $("rects").textContent = ((report.rectangles - before.report.rectangles) / frames).toFixed(1);
    $("pixels").textContent = `${number.format(Math.round((report.pixels - before.report.pixels) / seconds))} a second`;
  }
}
