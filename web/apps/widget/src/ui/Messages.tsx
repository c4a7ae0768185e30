// One message or several by one author, with everything that can be said about them.
import type { Attachment, Author, Message } from "../api/types";
import type { MessageGroup } from "../model/groups";
import type { Pending } from "../model/state";
import { splitLinks } from "../text/links";
import { useNow, useView } from "./context";
import { initial } from "./Header";
import { Icon } from "./Icon";

export function Group({ group, now }: { group: MessageGroup; now: Date }) {
  const { state, language, format } = useView();
  const [first] = group.messages;
  const last = group.messages.at(-1);
  if (!first || !last) {
    return null;
  }
  const { author } = first;
  const mine = author.kind === "visitor";
  const when = new Date(first.sent_at);
  const newestOfMine = state.messages.findLast((message) => message.author.kind === "visitor");
  return (
    <>
      {group.newDay && <p class="day">{format.day(when, now)}</p>}
      {author.kind === "system" ? (
        group.messages.map((message) => (
          <p key={message.id} class="system" dir="auto">
            {message.body_text}
          </p>
        ))
      ) : (
        <div class={mine ? "group mine" : "group theirs"}>
          <p class="byline">
            {!mine && <Portrait author={author} />}
            <bdi>{mine ? language.word("you") : author.name}</bdi>
            {author.kind === "assistant" && <b class="ai">{language.word("assistant")}</b>}
            <time dateTime={first.sent_at}>{format.time(when)}</time>
          </p>
          {group.messages.map((message) => (
            <Body key={message.id} message={message} />
          ))}
          {last === newestOfMine && state.pending.length === 0 && (
            <p class="receipt">
              {language.word(isSeen(last, state.messages, state.seenMessageId))}
            </p>
          )}
        </div>
      )}
    </>
  );
}

/** Seen up to a message includes everything before it. */
function isSeen(message: Message, messages: Message[], seenId: string | null): "seen" | "sent" {
  const seen = messages.findIndex(({ id }) => id === seenId);
  return seen >= messages.indexOf(message) ? "seen" : "sent";
}

function Portrait({ author }: { author: Author }) {
  return (
    <span class={`portrait ${author.kind}`} aria-hidden="true">
      {author.kind === "assistant" ? <Icon name="spark" size={14} /> : initial(author.name)}
    </span>
  );
}

function Body({ message }: { message: Message }) {
  return (
    <>
      {message.body_text && (
        <div class="bubble" dir="auto">
          <Text text={message.body_text} />
        </div>
      )}
      <Attachments attachments={message.attachments} />
    </>
  );
}

function Text({ text }: { text: string }) {
  return (
    <>
      {splitLinks(text).map((piece, index) =>
        piece.href ? (
          <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ) : (
          piece.text
        ),
      )}
    </>
  );
}

function Attachments({ attachments }: { attachments: Attachment[] }) {
  const { format } = useView();
  return (
    <>
      {attachments.map((file) => {
        const address = webAddress(file.url);
        const preview = webAddress(file.preview_url);
        return (
          <a
            key={file.id}
            class={preview ? "picture" : "file"}
            href={address}
            target="_blank"
            rel="noopener noreferrer"
          >
            {preview ? (
              <img src={preview} alt={file.file_name} loading="lazy" />
            ) : (
              <>
                <Icon name="file" />
                <span>
                  <bdi>{file.file_name}</bdi>
                  <small>{format.size(file.size_bytes)}</small>
                </span>
              </>
            )}
          </a>
        );
      })}
    </>
  );
}

/** Files come from our own server; anything but http(s) is not followed. */
function webAddress(address: string | null): string | undefined {
  if (address && URL.canParse(address, location.href)) {
    const { protocol, href } = new URL(address, location.href);
    return protocol === "https:" || protocol === "http:" ? href : undefined;
  }
}

export function PendingMessage({ pending }: { pending: Pending }) {
  const { language } = useView();
  return (
    <div class={`group mine ${pending.status}`}>
      {pending.text && (
        <div class="bubble" dir="auto">
          <Text text={pending.text} />
        </div>
      )}
      <Attachments attachments={pending.attachments} />
      {pending.status === "failed" ? (
        <Failure pending={pending} />
      ) : (
        <p class="receipt">{language.word(pending.status)}</p>
      )}
    </div>
  );
}

function Failure({ pending }: { pending: Pending }) {
  const { chat, language, format } = useView();
  const now = useNow(pending.retryAt);
  const seconds = Math.ceil(((pending.retryAt ?? 0) - now) / 1_000);
  const reason =
    pending.code !== "rate_limited"
      ? language.word("refused")
      : seconds > 0
        ? language.word("rate_limited", { when: format.wait(seconds) })
        : language.word("rate_over");
  return (
    <p class="receipt failure">
      <span>
        <Icon name="alert" size={14} /> {language.word("not_sent")} {reason}
      </span>
      <button
        type="button"
        disabled={seconds > 0}
        onClick={() => chat.outbox.retry(pending.clientId)}
      >
        {language.word("try_again")}
      </button>
      <button type="button" onClick={() => chat.outbox.discard(pending.clientId)}>
        {language.word("delete")}
      </button>
    </p>
  );
}
