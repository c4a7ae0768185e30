// Draws the panel and draws it again whenever the state or the language has changed.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Language } from "../i18n";
import type { Chat } from "../model/chat";
import { createFormat } from "../text/format";
import { App } from "./App";
import { ViewContext } from "./context";

interface Props {
  chat: Chat;
  language: Language;
  close: (() => void) | null;
}

function Root({ chat, language, close }: Props) {
  const [state, setState] = useState(chat.store.state);
  useEffect(() => {
    setState(chat.store.state);
    return chat.store.subscribe(() => setState(chat.store.state));
  }, [chat]);
  const format = createFormat(language.locale);
  return (
    <ViewContext.Provider value={{ chat, state, language, format, close }}>
      <App />
    </ViewContext.Provider>
  );
}

export function draw(props: Props): void {
  render(<Root {...props} />, document.body);
}
