/** Images inside the text of a mail. The text refers to them by `cid:` and the id of their file. */
import { mergeAttributes, Node } from "@tiptap/core";
import { Selection } from "@tiptap/pm/state";
import type { EditorView } from "@tiptap/pm/view";

interface InlineImageOptions {
  /** Where the file behind an id can be seen; null when it is not at hand. */
  preview: (id: string) => string | null;
}

/** A `cid:` address loads nothing in a browser, so the editor shows the file's own address. */
export const InlineImage = Node.create<InlineImageOptions>({
  name: "image",
  group: "inline",
  inline: true,
  draggable: true,
  addOptions: () => ({ preview: () => null }),
  addAttributes: () => ({ src: { default: null }, alt: { default: "" } }),
  parseHTML: () => [{ tag: 'img[src^="cid:"]' }],
  renderHTML: ({ HTMLAttributes }) => ["img", mergeAttributes(HTMLAttributes)],
  renderText: ({ node }) => (node.attrs.alt ? `[${node.attrs.alt}]` : ""),
  addNodeView() {
    return ({ node }) => {
      const dom = document.createElement("img");
      dom.alt = node.attrs.alt;
      const preview = this.options.preview(String(node.attrs.src).slice("cid:".length));
      if (preview) dom.src = preview;
      return { dom };
    };
  },
});

/** Puts the cursor where files were let go, so that an image lands there. */
export function moveToDrop(view: EditorView, event: DragEvent) {
  const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
  if (!at) return;
  const { doc, tr } = view.state;
  view.dispatch(tr.setSelection(Selection.near(doc.resolve(at.pos))));
}
