// Holds the state and tells the screen when it has changed.
import { type Change, initialState, reduce, type State } from "./state";

export class Store {
  #state = initialState;
  readonly #listeners = new Set<() => void>();

  get state(): State {
    return this.#state;
  }

  apply(change: Change): void {
    const next = reduce(this.#state, change);
    if (next !== this.#state) {
      this.#state = next;
      for (const listener of this.#listeners) {
        listener();
      }
    }
  }

  patch(patch: Partial<State>): void {
    this.apply({ type: "patch", patch });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
