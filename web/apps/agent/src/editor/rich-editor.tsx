/** The mail editor. One instance lives on; moving to another conversation swaps its document. */

import type { Attachment } from "@rapport/api";
import { cx, IconButton } from "@rapport/ui";
import { Placeholder } from "@tiptap/extensions";
import { EditorContent, useEditor } from "@tiptap/react";
import StarterKit from "@tiptap/starter-kit";
import {
  Bold,
  Italic,
  Link2,
  List,
  ListOrdered,
  RemoveFormatting,
  TextQuote,
  Underline,
} from "lucide-react";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asHtml } from "./html";
import { InlineImage, moveToDrop } from "./inline-images";
import type { EditorProps } from "./plain-editor";

interface RichEditorProps extends EditorProps {
  html: string | null;
  documentKey: string;
  onChange: (text: string, html: string) => void;
  /** The files of the text, some of which are images inside it. */
  attachments: readonly Attachment[];
  /** Filled by the editor: puts a stored image where the cursor is. */
  imageInserter: RefObject<((image: Attachment) => void) | null>;
}

export default function RichEditor({
  value,
  html,
  documentKey,
  label,
  placeholder,
  describedBy,
  id,
  focusCount,
  className,
  onChange,
  onSend,
  onBlur,
  attachments,
  imageInserter,
}: RichEditorProps) {
  const handlers = useRef({ onChange, onSend, onBlur });
  useEffect(() => {
    handlers.current = { onChange, onSend, onBlur };
  }, [onChange, onSend, onBlur]);
  const written = useRef(value);
  // The editor asks for its placeholder whenever it draws, long after it was made.
  const placeholderRef = useRef(placeholder);
  placeholderRef.current = placeholder;

  const files = useRef(attachments);
  files.current = attachments;

  const editor = useEditor({
    extensions: [
      StarterKit.configure({
        heading: false,
        link: { openOnClick: false, autolink: true, protocols: ["http", "https", "mailto"] },
      }),
      Placeholder.configure({ placeholder: () => placeholderRef.current, showOnlyCurrent: false }),
      InlineImage.configure({
        preview: (id) => files.current.find((file) => file.id === id)?.preview_url ?? null,
      }),
    ],
    content: html ?? asHtml(value),
    injectCSS: false,
    onUpdate: ({ editor: current }) => {
      const text = current.getText({ blockSeparator: "\n" });
      written.current = text;
      handlers.current.onChange(text, current.isEmpty ? "" : current.getHTML());
    },
    onBlur: () => handlers.current.onBlur(),
    editorProps: {
      attributes: {
        id,
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": label,
        ...(describedBy ? { "aria-describedby": describedBy } : {}),
        dir: "auto",
        class: "prose-editor min-h-15",
      },
      handleKeyDown: (view, event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          handlers.current.onSend(event.shiftKey);
          return true;
        }
        if (event.key === "Escape") {
          view.dom.blur();
          return true;
        }
        return false;
      },
      // The surface around the editor takes the files themselves.
      handleDrop: (view, event) => {
        if (!event.dataTransfer?.files.length) return false;
        moveToDrop(view, event);
        return true;
      },
    },
  });
  // Text that did not come from this editor (another conversation, another device, a cleared draft).
  const shownKey = useRef(documentKey);
  useEffect(() => {
    if (!editor) return;
    if (shownKey.current === documentKey && written.current === value) return;
    shownKey.current = documentKey;
    written.current = value;
    editor.commands.setContent(html || asHtml(value), { emitUpdate: false });
  }, [editor, documentKey, value, html]);

  useEffect(() => {
    imageInserter.current = (image) => {
      const attrs = { src: `cid:${image.id}`, alt: image.file_name };
      // The file joins the draft in the same moment, and its address is needed before the next draw.
      files.current = [...files.current, image];
      editor?.chain().focus().insertContent({ type: "image", attrs }).run();
    };
    return () => {
      imageInserter.current = null;
    };
  }, [editor, imageInserter]);

  useLayoutEffect(() => {
    if (focusCount === 0 || !editor) return;
    // The editor's own command waits for the next frame, and a key may come before that.
    editor.view.focus();
    editor.commands.focus("end");
  }, [editor, focusCount]);

  return (
    <>
      <EditorContent
        editor={editor}
        data-writing
        className={cx("max-h-[40vh] overflow-y-auto text-reading max-sm:text-[16px]", className)}
      />
      {editor ? <Formatting editor={editor} /> : null}
    </>
  );
}

type Editor = NonNullable<ReturnType<typeof useEditor>>;

function Formatting({ editor }: { editor: Editor }) {
  const { t } = useTranslation();
  const [, redraw] = useState(0);
  useEffect(() => {
    const update = () => redraw((count) => count + 1);
    editor.on("transaction", update);
    return () => {
      editor.off("transaction", update);
    };
  }, [editor]);
  const [address, setAddress] = useState<string | null>(null);

  if (address !== null) {
    const apply = () => {
      const target = address.trim();
      const link = /^(https?:|mailto:)/i.test(target) ? target : `https://${target}`;
      if (target) editor.chain().focus().extendMarkRange("link").setLink({ href: link }).run();
      else editor.chain().focus().extendMarkRange("link").unsetLink().run();
      setAddress(null);
    };
    return (
      <input
        // biome-ignore lint/a11y/noAutofocus: the field appears because its button was pressed.
        autoFocus
        value={address}
        aria-label={t("format.link_address")}
        placeholder="https://"
        onChange={(event) => setAddress(event.target.value)}
        onBlur={() => setAddress(null)}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.preventDefault();
            apply();
          } else if (event.key === "Escape") {
            setAddress(null);
            editor.commands.focus();
          }
        }}
        className="mt-1 h-7 w-full max-w-80 rounded-control px-2 text-small shadow-[inset_0_0_0_1px_var(--control)] outline-none focus:shadow-[inset_0_0_0_2px_var(--accent)]"
      />
    );
  }
  const chain = () => editor.chain().focus();
  const buttons = [
    { id: "bold", icon: <Bold />, keys: "mod+b", run: () => chain().toggleBold().run() },
    { id: "italic", icon: <Italic />, keys: "mod+i", run: () => chain().toggleItalic().run() },
    {
      id: "underline",
      icon: <Underline />,
      keys: "mod+u",
      run: () => chain().toggleUnderline().run(),
    },
    { id: "bulletList", icon: <List />, run: () => chain().toggleBulletList().run() },
    { id: "orderedList", icon: <ListOrdered />, run: () => chain().toggleOrderedList().run() },
    { id: "blockquote", icon: <TextQuote />, run: () => chain().toggleBlockquote().run() },
    {
      id: "link",
      icon: <Link2 />,
      run: () => setAddress((editor.getAttributes("link").href as string | undefined) ?? ""),
    },
  ];
  return (
    <div
      role="toolbar"
      aria-label={t("format.label")}
      data-folds
      className="-ms-1.5 flex overflow-x-auto pt-1 [scrollbar-width:none]"
    >
      {buttons.map((button) => (
        <IconButton
          key={button.id}
          size="small"
          side="top"
          label={t(`format.${button.id}`)}
          shortcut={button.keys}
          icon={<span className="[&_svg]:size-3.5">{button.icon}</span>}
          pressed={editor.isActive(button.id)}
          onMouseDown={(event) => event.preventDefault()}
          onClick={button.run}
        />
      ))}
      <IconButton
        size="small"
        side="top"
        label={t("format.clear")}
        icon={<RemoveFormatting className="size-3.5" />}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => chain().unsetAllMarks().clearNodes().run()}
      />
    </div>
  );
}
