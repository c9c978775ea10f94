// Keys for devices that have none: a bar of them, and the keyboard of a telephone.
const keysyms = {
  ControlLeft: 0xffe3, AltLeft: 0xffe9, Delete: 0xffff, Escape: 0xff1b, Tab: 0xff09, Enter: 0xff0d, Backspace: 0xff08,
  ArrowLeft: 0xff51, ArrowUp: 0xff52, ArrowRight: 0xff53, ArrowDown: 0xff54,
};

function keysymOf(character) {
  if (character === "\n") return keysyms.Enter;
  const code = character.codePointAt(0);
  return code < 0x100 ? code : 0x01000000 | code;
}

export class Keys {
  constructor(button, bar, typed, session) {
    this.bar = bar;
    this.typed = typed;
    this.session = session;
    button.addEventListener("click", () => {
      bar.hidden = !bar.hidden;
      button.setAttribute("aria-expanded", !bar.hidden);
      if (bar.hidden) this.release();
    });
    bar.addEventListener("click", (event) => this.press(event.target.closest("button")));
    typed.addEventListener("input", () => this.take());
    typed.addEventListener("keydown", (event) => this.takeKey(event));
    this.use(null);
  }

  // Without a session there is nothing to press.
  use(rfb) {
    for (const button of this.bar.querySelectorAll("button")) button.disabled = !rfb;
    if (!rfb) for (const held of this.held()) held.setAttribute("aria-pressed", false);
  }

  held() {
    return this.bar.querySelectorAll("[data-hold][aria-pressed=true]");
  }

  release() {
    for (const held of this.held()) {
      held.setAttribute("aria-pressed", false);
      this.session()?.sendKey(keysyms[held.dataset.hold], held.dataset.hold, false);
    }
  }

  press(button) {
    const rfb = this.session();
    if (!button || !rfb) return;
    if (button.dataset.hold) {
      const down = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", down);
      rfb.sendKey(keysyms[button.dataset.hold], button.dataset.hold, down);
    } else if (button.dataset.key) {
      this.send(keysyms[button.dataset.key], button.dataset.key);
    } else if (button.id === "ctrl-alt-del") {
      rfb.sendCtrlAltDel();
    } else {
      this.typed.value = " ";
      this.typed.focus();
    }
  }

  send(keysym, code = "") {
    this.session()?.sendKey(keysym, code);
    // A key that is held is held for one other.
    this.release();
  }

  // There is always a space in it: without one, a telephone says nothing of a key that deletes.
  take() {
    const text = this.typed.value;
    if (text === "") this.send(keysyms.Backspace, "Backspace");
    for (const character of text.slice(1)) this.send(keysymOf(character));
    this.typed.value = " ";
  }

  takeKey(event) {
    if (!(event.key in keysyms) || event.key === "Tab") return;
    event.preventDefault();
    this.send(keysyms[event.key], event.code);
  }
}
