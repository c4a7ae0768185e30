/**
 * One event stream for all tabs of a browser. The tab that holds the lock connects and passes every
 * event on; when it goes, the next in line takes over. A leader the browser has frozen is replaced.
 */
import { isDurable, type ServerEvent } from "@rapport/api";
import { EventStream } from "./event-stream";

export type ConnectionState = "connecting" | "live" | "reconnecting";

type TabMessage =
  | { type: "event"; event: ServerEvent }
  | { type: "resync"; seq: number }
  | { type: "state"; state: ConnectionState }
  | { type: "unauthenticated" }
  | { type: "alive"; state: ConnectionState }
  | { type: "who-leads" };

export interface SharedListener {
  onEvent: (event: ServerEvent) => void;
  onResync: () => void;
  onState: (state: ConnectionState) => void;
  onUnauthenticated: () => void;
}

const aliveEvery = 10_000;
const frozenAfter = 35_000;

export class SharedConnection {
  readonly #channel: BroadcastChannel;
  readonly #lock: string;
  readonly #listener: SharedListener;
  #stream: EventStream | null = null;
  #state: ConnectionState = "connecting";
  #seq: number;
  #heardLeader = Date.now();
  #release: (() => void) | null = null;
  #stopped = false;
  #timer: number;
  #queue = new AbortController();

  constructor(scope: string, after: number, listener: SharedListener) {
    this.#seq = after;
    this.#listener = listener;
    this.#lock = `rapport.events.${scope}`;
    this.#channel = new BroadcastChannel(this.#lock);
    this.#channel.onmessage = (message: MessageEvent<TabMessage>) => this.#hear(message.data);
    this.#timer = window.setInterval(() => this.#tick(), aliveEvery);
    this.#post({ type: "who-leads" });
    this.#queueForLead(false);
  }

  stop() {
    this.#stopped = true;
    window.clearInterval(this.#timer);
    this.#queue.abort();
    this.#stream?.stop();
    this.#release?.();
    this.#channel.close();
  }

  /** Tells the stream that everything up to `seq` is already on screen. */
  skipTo(seq: number) {
    if (seq > this.#seq) this.#seq = seq;
    this.#stream?.skipTo(seq);
  }

  #post(message: TabMessage) {
    if (!this.#stopped) this.#channel.postMessage(message);
  }

  #queueForLead(steal: boolean) {
    // Without locks (plain HTTP on a foreign host) each tab keeps a connection of its own.
    if (!("locks" in navigator)) {
      this.#lead();
      return;
    }
    const options: LockOptions = steal ? { steal: true } : { signal: this.#queue.signal };
    navigator.locks
      .request(this.#lock, options, () => {
        if (this.#stopped) return;
        this.#lead();
        return new Promise<void>((resolve) => {
          this.#release = resolve;
        });
      })
      .catch(() => {
        // Another tab took the lead because this one was asleep; wait in line again.
        this.#stream?.stop();
        this.#stream = null;
        if (!this.#stopped) this.#queueForLead(false);
      });
  }

  #lead() {
    this.#stream = new EventStream(this.#seq, {
      onEvent: (event) => {
        this.#deliver(event);
        this.#post({ type: "event", event });
      },
      onResync: (seq) => {
        this.#seq = seq;
        this.#listener.onResync();
        this.#post({ type: "resync", seq });
      },
      onConnected: (connected) => {
        this.#setState(connected ? "live" : "reconnecting");
        this.#post({ type: "state", state: this.#state });
      },
      onUnauthenticated: () => {
        this.#listener.onUnauthenticated();
        this.#post({ type: "unauthenticated" });
      },
    });
  }

  #hear(message: TabMessage) {
    if (message.type === "who-leads") {
      if (this.#stream) this.#post({ type: "alive", state: this.#state });
      return;
    }
    if (this.#stream) return;
    this.#heardLeader = Date.now();
    switch (message.type) {
      case "event":
        this.#deliver(message.event);
        return;
      case "resync":
        this.#seq = message.seq;
        this.#listener.onResync();
        return;
      case "unauthenticated":
        this.#listener.onUnauthenticated();
        return;
      default:
        this.#setState(message.state);
    }
  }

  #deliver(event: ServerEvent) {
    if (isDurable(event)) {
      if (event.seq <= this.#seq) return;
      this.#seq = event.seq;
    }
    this.#listener.onEvent(event);
  }

  #setState(state: ConnectionState) {
    if (state === this.#state) return;
    this.#state = state;
    this.#listener.onState(state);
  }

  #tick() {
    if (this.#stream) {
      this.#post({ type: "alive", state: this.#state });
    } else if (
      "locks" in navigator &&
      document.visibilityState === "visible" &&
      Date.now() - this.#heardLeader > frozenAfter
    ) {
      this.#heardLeader = Date.now();
      this.#queue.abort();
      this.#queue = new AbortController();
      this.#queueForLead(true);
    }
  }
}
