// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Api = ((name: string, ...values: unknown[]) => unknown) & {
  open(): void;
  close(): void;
  reset(): void;
  shutdown(): void;
  set(changes: object): void;
  on(name: string, listener: (detail: unknown) => void): void;
};

const inbox = "https://inbox.example";
let launcherAnswer: () => Promise<Response>;

async function load(attributes: Record<string, string> = { key: "wk_1" }): Promise<Api> {
  const script = document.createElement("script");
  script.src = `${inbox}/widget.js`;
  Object.assign(script.dataset, attributes);
  vi.spyOn(document, "currentScript", "get").mockReturnValue(script);
  vi.resetModules();
  // The loader says itself when it is done, however long the account's answer takes to be read.
  const ready = new Promise((resolve) => {
    const page = window as { Rapport?: { q: unknown[] } };
    page.Rapport ??= { q: [] };
    page.Rapport.q.push(["on", "ready", resolve]);
  });
  await import("../src/main");
  await ready;
  return (window as unknown as { Rapport: Api }).Rapport;
}

const shadow = () => document.querySelector("rapport-chat")?.shadowRoot as ShadowRoot;
const frame = () => shadow().querySelector("iframe");
/** A visitor who is known has the panel loaded a moment after the launcher is drawn. */
const warmedUp = () => vi.waitFor(() => expect(frame()).not.toBeNull());

const panelWindow = { postMessage: vi.fn() };

// The test environment gives frames in a shadow tree no window, so they get this one.
function arrive(data: object, origin = inbox, source: unknown = panelWindow) {
  const panel = frame();
  if (panel) {
    Object.defineProperty(panel, "contentWindow", { value: panelWindow, configurable: true });
  }
  const event = new MessageEvent("message", { data, origin });
  Object.defineProperty(event, "source", { value: source });
  dispatchEvent(event);
}

beforeEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
  delete (window as { Rapport?: unknown }).Rapport;
  launcherAnswer = async () =>
    Response.json({ accent_color: "#123456", launcher_position: "start" });
  vi.stubGlobal("fetch", () => launcherAnswer());
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  vi.stubGlobal("visualViewport", {});
  vi.stubGlobal(
    "CSSStyleSheet",
    class {
      replaceSync() {}
    },
  );
});
afterEach(() => {
  (window as { Rapport?: Partial<Api> }).Rapport?.shutdown?.();
  panelWindow.postMessage.mockClear();
  vi.restoreAllMocks();
});

describe("the loader", () => {
  it("draws the launcher in the account's colour and loads no panel before somebody shows interest", async () => {
    await load();
    const root = shadow().querySelector("div") as HTMLElement;
    expect(root.style.getPropertyValue("--accent")).toBe("#123456");
    expect(root.classList.contains("start")).toBe(true);
    expect(frame()).toBeNull();
    shadow().querySelector("button")?.dispatchEvent(new Event("pointerenter"));
    expect(frame()?.src).toContain(`${inbox}/widget/panel?key=wk_1&host=${location.origin}`);
    // The panel has the launcher's colour, also where the page asked for another than the account's.
    expect(new URL(frame()?.src ?? "").searchParams.get("color")).toBe("#123456");
  });

  it("leaves the page alone when there is no such chat", async () => {
    launcherAnswer = async () => new Response(null, { status: 404 });
    await load();
    expect(document.querySelector("rapport-chat")).toBeNull();
  });

  it("still draws the launcher when the page's policy blocks the request", async () => {
    launcherAnswer = () => Promise.reject(new TypeError("blocked"));
    await load();
    expect(shadow().querySelector("button")).not.toBeNull();
  });

  it("replays the calls that were made before it arrived", async () => {
    const heard: unknown[] = [];
    const listener = () => heard.push("open");
    (window as { Rapport?: unknown }).Rapport = { q: [["on", "open", listener], ["open"]] };
    await load();
    expect(heard).toEqual(["open"]);
    expect(frame()).not.toBeNull();
  });

  it("loads the panel by itself for a browser that has talked here before", async () => {
    localStorage.setItem("rapport.wk_1", "wvt_old");
    await load();
    await warmedUp();
  });

  it("believes the panel only, and only from its own origin", async () => {
    const api = await load();
    api.open();
    arrive({ rapport: 1, token: "evil" }, "https://evil.example");
    arrive({ rapport: 1, token: "evil" }, inbox, window);
    arrive({ token: "evil" });
    expect(localStorage.getItem("rapport.wk_1")).toBeNull();
    arrive({ rapport: 1, token: "wvt_1" });
    expect(localStorage.getItem("rapport.wk_1")).toBe("wvt_1");
    arrive({ rapport: 1, token: null });
    expect(localStorage.getItem("rapport.wk_1")).toBeNull();
  });

  it("answers the panel's first word with the whole state, to the panel's origin only", async () => {
    history.replaceState(null, "", "/shop?secret=1#part");
    const api = await load();
    api.open();
    arrive({ rapport: 1, label: "Chat" });
    expect(panelWindow.postMessage).toHaveBeenCalledTimes(1);
    const [state, target] = panelWindow.postMessage.mock.calls[0] as [
      Record<string, unknown>,
      string,
    ];
    expect(target).toBe(inbox);
    expect(state).toMatchObject({ rapport: 1, open: true, token: null, identity: null, resets: 0 });
    expect((state.page as { url: string }).url).toBe(`${location.origin}/shop`);
  });

  it("shows the unread count and says it in words", async () => {
    const api = await load();
    const counts: unknown[] = [];
    api.on("unread", (count) => counts.push(count));
    api.open();
    api.close();
    arrive({ rapport: 1, unread: { count: 12, text: "12 new messages" } });
    expect(shadow().querySelector("b")?.textContent).toBe("9+");
    expect(shadow().querySelector("p")?.textContent).toBe("12 new messages");
    expect(shadow().querySelector("button")?.ariaLabel).toBe("Chat, 12 new messages");
    expect(counts).toEqual([12]);
  });

  it("gives the focus back to the launcher when the panel is left", async () => {
    const api = await load();
    api.open();
    arrive({ rapport: 1, close: true });
    expect(shadow().activeElement).toBe(shadow().querySelector("button"));
    expect(shadow().querySelector("button")?.ariaExpanded).toBe("false");
  });

  it("forgets the visitor on reset and tells the panel so", async () => {
    localStorage.setItem("rapport.wk_1", "wvt_old");
    const api = await load();
    await warmedUp();
    arrive({ rapport: 1, label: "Chat" });
    api.reset();
    expect(localStorage.getItem("rapport.wk_1")).toBeNull();
    expect(panelWindow.postMessage.mock.lastCall?.[0]).toMatchObject({
      resets: 1,
      token: null,
      identity: null,
    });
  });

  it("comes back when the page replaces its body", async () => {
    await load();
    document.documentElement.replaceChild(document.createElement("body"), document.body);
    await Promise.resolve();
    expect(document.querySelector("rapport-chat")).not.toBeNull();
  });
});
