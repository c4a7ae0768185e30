/** Where files can be let go, pasted or chosen. Every place that takes files looks and works like this. */
import { cx, IconButton } from "@rapport/ui";
import { Paperclip } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { pastedFiles } from "./files";

interface FileSurfaceProps {
  /** Files that were dropped or pasted anywhere on it; editors leave them to it. */
  onFiles: (files: File[]) => void;
  className: string;
  /** Added while files are held above it. */
  droppingClass: string;
  /** Nothing has been written or added here; on a phone it then takes less room. */
  untouched?: boolean;
  children: ReactNode;
}

export function FileSurface({
  onFiles,
  className,
  droppingClass,
  untouched,
  children,
}: FileSurfaceProps) {
  const [dropping, setDropping] = useState(false);
  const take = (event: { preventDefault: () => void }, files: File[]) => {
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files can also be added with the button.
    <div
      data-untouched={untouched ? "" : undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={(event) => {
        // Passing from one part of the surface to another does not leave it.
        const to = event.relatedTarget;
        if (!(to instanceof Node && event.currentTarget.contains(to))) setDropping(false);
      }}
      onDrop={(event) => {
        setDropping(false);
        take(event, [...event.dataTransfer.files]);
      }}
      // Before any editor inside sees it; they let be what is already taken.
      onPasteCapture={(event) => {
        take(event, pastedFiles(event.clipboardData));
      }}
      className={cx(className, dropping && droppingClass)}
    >
      {children}
    </div>
  );
}

export function FileButton({
  onFiles,
  className,
}: {
  onFiles: (files: File[]) => void;
  className?: string;
}) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        label={t("attach.add")}
        side="top"
        className={className}
        icon={<Paperclip className="size-4" />}
        onClick={() => input.current?.click()}
      />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t("attach.add")}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </>
  );
}
