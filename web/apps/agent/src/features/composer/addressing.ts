/** To whom a mail goes: what the writer chose, and otherwise what the conversation proposes. Shown and sent alike. */
import type { ConversationDetail, Recipient, ReplyOption } from "@rapport/api";
import type { DraftContent } from "./draft-store";

type Defaults = NonNullable<ConversationDetail["email_reply"]>;

export interface Addressing {
  to: Recipient[];
  cc: Recipient[];
  bcc: Recipient[];
  subject: string;
}

export const addressing = (draft: DraftContent, defaults: Defaults): Addressing => ({
  to: draft.to ?? defaults.to,
  cc: draft.cc ?? defaults.cc,
  bcc: draft.bcc ?? [],
  subject: draft.subject ?? defaults.subject,
});

/** What choosing another way to answer changes. Another address of the contact is written to alone. */
export function choosing(
  detail: ConversationDetail,
  before: ReplyOption | null,
  next: ReplyOption,
): Partial<DraftContent> {
  const way = { addressId: next.address_id, channelAccountId: next.channel_account_id };
  if (next.channel !== "email" || next.address_id === before?.address_id) return way;
  const proposed = detail.email_reply?.to.some(
    ({ address }) => address.toLowerCase() === next.to.toLowerCase(),
  );
  if (proposed) return { ...way, to: null, cc: null };
  return {
    ...way,
    to: [{ name: detail.contact?.display_name ?? null, address: next.to }],
    cc: [],
  };
}

/** In full: the name, and the address where it says more than the name. */
export const spelled = ({ name, address }: Recipient) =>
  name && name !== address ? `${name} <${address}>` : address;
