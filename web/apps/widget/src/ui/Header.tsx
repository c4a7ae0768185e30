// Who the visitor talks with, and the way out.
import { useView } from "./context";
import { Icon } from "./Icon";

export function Header() {
  const { state, language, close } = useView();
  const { config, conversation, agentsOnline } = state;
  const site = config?.site_name ?? "";
  const assignee = conversation?.status === "open" ? conversation.assignee?.name : undefined;
  const presence = agentsOnline ? "online" : "away";
  return (
    <header>
      <span class="badge" aria-hidden="true">
        {initial(site)}
      </span>
      <div class="who">
        <h1>
          <bdi>{site || language.word("chat")}</bdi>
        </h1>
        {config && (
          <p>
            <span class={`dot ${presence}`} />
            <span dir="auto">
              {assignee && agentsOnline
                ? language.word("answering", { name: assignee })
                : language.word(presence)}
            </span>
          </p>
        )}
      </div>
      {close && (
        <button type="button" class="plain" onClick={close} aria-label={language.word("close")}>
          <Icon name="close" />
        </button>
      )}
    </header>
  );
}

/** The first letter as people see it, also when it is made of several code points. */
export const initial = (name: string) => [...name.trim()][0]?.toLocaleUpperCase() ?? "";
