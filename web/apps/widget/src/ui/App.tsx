// The panel from top to bottom, and what concerns it as a whole: Escape, dropped files, focus.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Words } from "../i18n/en";
import { footerFor } from "../model/state";
import { Composer } from "./Composer";
import { useView } from "./context";
import { Header } from "./Header";
import { Icon } from "./Icon";
import { Log } from "./Log";
import { OfflineForm } from "./OfflineForm";
import { PreChatForm } from "./PreChatForm";

export function App() {
  const { state, close } = useView();
  const root = useRef<HTMLDivElement>(null);
  const { open, phase, generation } = state;

  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.isComposing && close) {
        close();
      }
    };
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, [close]);

  useEffect(() => {
    if (open && phase !== "starting") {
      focusFirst(root.current);
    }
  }, [open, phase]);

  return (
    <div class="panel" ref={root}>
      <Header />
      {phase === "ready" ? (
        <Talk key={generation} />
      ) : phase === "starting" ? (
        <div class="blank" aria-busy="true">
          <i />
          <i />
          <i />
        </div>
      ) : (
        <Obstacle />
      )}
    </div>
  );
}

/** The first field, else a button. A touch screen would cover the greeting with its keyboard. */
function focusFirst(area: HTMLElement | null) {
  if (!matchMedia("(pointer: coarse)").matches) {
    const field = area?.querySelector<HTMLElement>(
      "footer :is(input:not([hidden]), textarea, select)",
    );
    (field ?? area?.querySelector<HTMLElement>("button"))?.focus();
  }
}

function Talk() {
  const { chat, state, language } = useView();
  const [dropping, setDropping] = useState(false);
  const main = useRef<HTMLElement>(null);
  const footer = footerFor(state);

  // A form that makes way for another one must not take the focus with it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change that matters.
  useEffect(() => {
    if (document.hasFocus() && document.activeElement === document.body) {
      focusFirst(main.current);
    }
  }, [footer]);
  const accepts = (event: DragEvent) =>
    footer !== "preChat" && event.dataTransfer?.types.includes("Files");

  return (
    <main
      ref={main}
      class="talk"
      onDragOver={(event) => {
        if (accepts(event)) {
          event.preventDefault();
          setDropping(true);
        }
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) {
          setDropping(false);
        }
      }}
      onDrop={(event) => {
        setDropping(false);
        if (accepts(event)) {
          event.preventDefault();
          chat.uploads.add(event.dataTransfer?.files ?? []);
        }
      }}
    >
      <Log />
      <footer>
        <p class="strip" role="status">
          {!state.connected && (
            <span>
              <Icon name="alert" size={16} /> {language.word("lost")}
            </span>
          )}
        </p>
        {footer === "preChat" ? (
          <PreChatForm />
        ) : footer === "offline" ? (
          <OfflineForm />
        ) : (
          <Composer />
        )}
      </footer>
      {dropping && (
        <div class="drop">
          <Icon name="attach" size={32} />
          {language.word("drop")}
        </div>
      )}
    </main>
  );
}

/** The chat cannot be used, and why. */
function Obstacle() {
  const { chat, state, language } = useView();
  const blocked = state.phase === "blocked";
  return (
    <main class="obstacle">
      <Icon name="alert" size={32} />
      <p role="alert">{language.word(blocked ? (state.blockedBy as keyof Words) : "failed")}</p>
      {!blocked && (
        <button type="button" class="primary" onClick={() => chat.retry()}>
          {language.word("try_again")}
        </button>
      )}
    </main>
  );
}
