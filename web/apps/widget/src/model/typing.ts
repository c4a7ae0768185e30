// Tells the team that the visitor is writing: at once, again every few seconds, and when it ends.

const refreshMs = 4_000;

export class Typing {
  #lastSent = 0;
  #active = false;

  constructor(
    readonly send: (active: boolean) => void,
    readonly now: () => number = Date.now,
  ) {}

  changed(text: string): void {
    if (text.trim() === "") {
      this.stop();
    } else if (!this.#active || this.now() - this.#lastSent >= refreshMs) {
      this.#active = true;
      this.#lastSent = this.now();
      this.send(true);
    }
  }

  stop(): void {
    if (this.#active) {
      this.#active = false;
      this.send(false);
    }
  }

  /** The message itself says that writing is over. */
  sent(): void {
    this.#active = false;
  }
}
