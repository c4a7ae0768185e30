// The messages: confirmed ones, those on their way, and who is typing.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { groupMessages } from "../model/groups";
import { isIncoming } from "../model/state";
import { useView } from "./context";
import { Icon } from "./Icon";
import { Group, PendingMessage } from "./Messages";

/** Closer than this to the end counts as reading along. */
const nearEndPx = 80;

export function Log() {
  const { chat, state, language } = useView();
  const { config, messages, pending, hasMore, loadingOlder, typing } = state;
  const list = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const height = useRef(0);
  const oldest = useRef<string | undefined>(undefined);
  const [away, setAway] = useState(false);
  const [missed, setMissed] = useState(false);
  const newest = messages.at(-1);
  const now = new Date();

  const toEnd = () => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  };

  // Older messages must not move what is being read; newer ones only when it is the end.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever changes the height counts.
  useLayoutEffect(() => {
    const node = list.current;
    if (!node) {
      return;
    }
    const added = node.scrollHeight - height.current;
    if (oldest.current && oldest.current !== messages[0]?.id && !following.current) {
      node.scrollTop += added;
    } else if (following.current || pending.length > 0) {
      node.scrollTop = node.scrollHeight;
    }
    oldest.current = messages[0]?.id;
    height.current = node.scrollHeight;
  }, [messages, pending, typing]);

  useLayoutEffect(() => {
    setMissed(!following.current && newest !== undefined && isIncoming(newest));
  }, [newest]);

  // The box changes its height with the composer and the keyboard.
  useLayoutEffect(() => {
    const node = list.current;
    if (node) {
      const observer = new ResizeObserver(() => {
        if (following.current) {
          node.scrollTop = node.scrollHeight;
        }
      });
      observer.observe(node);
      return () => observer.disconnect();
    }
  }, []);

  const scrolled = (event: Event) => {
    const node = event.currentTarget as HTMLElement;
    following.current = node.scrollHeight - node.scrollTop - node.clientHeight < nearEndPx;
    setAway(!following.current);
    if (following.current) {
      setMissed(false);
    }
    if (node.scrollTop < 40 && hasMore) {
      chat.loadOlder();
    }
  };

  return (
    <div class="history">
      <div
        class="log"
        ref={list}
        role="log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it.
        tabIndex={0}
        aria-label={language.word("conversation")}
        aria-live={loadingOlder ? "off" : "polite"}
        aria-busy={loadingOlder}
        onScroll={scrolled}
      >
        {hasMore ? (
          <button
            type="button"
            class="quiet"
            disabled={loadingOlder}
            onClick={() => chat.loadOlder()}
          >
            {language.word("earlier")}
          </button>
        ) : (
          config?.greeting && <Greeting text={config.greeting} site={config.site_name} />
        )}
        {groupMessages(messages).map((group) => (
          <Group key={group.messages[0]?.id} group={group} now={now} />
        ))}
        {pending.map((item) => (
          <PendingMessage key={item.clientId} pending={item} />
        ))}
        {state.conversation?.status === "closed" && <p class="system">{language.word("closed")}</p>}
        {typing && (
          <p class="typing">
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            <span dir="auto">{language.word("typing", { name: typing.name })}</span>
          </p>
        )}
      </div>
      {away && (
        <button type="button" class={missed ? "jump missed" : "jump"} onClick={toEnd}>
          <Icon name="down" size={18} />
          <span>{language.word("newest")}</span>
        </button>
      )}
    </div>
  );
}

function Greeting({ text, site }: { text: string; site: string }) {
  return (
    <div class="group theirs">
      <p class="byline">
        <bdi>{site}</bdi>
      </p>
      <div class="bubble" dir="auto">
        {text}
      </div>
    </div>
  );
}
