/** An open conversation with its composer, and the details beside it. */
import type { ConversationDetail, Viewer } from "@rapport/api";
import { useQuery } from "@tanstack/react-query";
import type { TimelineShow } from "@/data/list-query";
import { conversationOptions } from "@/data/queries";
import { useLastMessage } from "@/data/use-last-message";
import { Composer, mayHaveDraft, UnsentDraft } from "@/features/composer";
import { ContactDrawer } from "@/features/contact";
import { ConversationPane } from "@/features/conversation";

interface ComposerSlotProps {
  detail: ConversationDetail;
  viewers: readonly Viewer[];
}

function ComposerSlot({ detail, viewers }: ComposerSlotProps) {
  const lastMessage = useLastMessage(detail.id);
  return <Composer detail={detail} viewers={viewers} lastMessage={lastMessage} />;
}

export interface ConversationViewProps {
  id: string;
  show: TimelineShow;
  anchor: string | null;
  onBack: () => void;
}

export default function ConversationView({ id, show, anchor, onBack }: ConversationViewProps) {
  return (
    <ConversationPane
      id={id}
      show={show}
      anchor={anchor}
      onBack={onBack}
      unsent={(detail) => (
        <UnsentDraft conversationId={id} mayExist={mayHaveDraft(detail, "reply")} />
      )}
      composer={(detail, viewers) => <ComposerSlot detail={detail} viewers={viewers} />}
    />
  );
}

export interface DrawerViewProps {
  id: string;
  onOpen: (id: string) => void;
  onClose?: () => void;
}

export function DrawerView({ id, onOpen, onClose }: DrawerViewProps) {
  const { data } = useQuery(conversationOptions(id));
  return data ? <ContactDrawer detail={data} onOpen={onOpen} onClose={onClose} /> : null;
}
