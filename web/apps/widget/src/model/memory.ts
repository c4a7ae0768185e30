// What this browser remembers between pages: the visitor token and the text being written.
// Storage may be switched off or full; then the chat works until the page is left.

export class Memory {
  #token: string | null = null;
  #draft = "";

  constructor(readonly key: string) {}

  get token(): string | null {
    return this.#token ?? attempt(() => localStorage.getItem(`rapport.${this.key}`)) ?? null;
  }

  set token(value: string | null) {
    this.#token = value;
    attempt(() =>
      value === null
        ? localStorage.removeItem(`rapport.${this.key}`)
        : localStorage.setItem(`rapport.${this.key}`, value),
    );
  }

  get draft(): string {
    return (
      this.#draft || (attempt(() => sessionStorage.getItem(`rapport.${this.key}.draft`)) ?? "")
    );
  }

  set draft(value: string) {
    this.#draft = value;
    attempt(() => sessionStorage.setItem(`rapport.${this.key}.draft`, value));
  }
}

function attempt<Value>(action: () => Value): Value | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
