/** A text area that grows with its text. For notes and for channels without formatting. */
import { cx } from "@rapport/ui";
import { useLayoutEffect, useRef } from "react";

export interface EditorProps {
  value: string;
  label: string;
  placeholder: string;
  describedBy?: string;
  id: string;
  /** Rises each time the field should take the focus. */
  focusCount: number;
  className?: string;
  onSend: (andClose: boolean) => void;
  onBlur: () => void;
}

interface PlainEditorProps extends EditorProps {
  onChange: (text: string) => void;
  enterSends: boolean;
  onKeyDown?: (event: React.KeyboardEvent<HTMLTextAreaElement>) => void;
}

export function PlainEditor({
  value,
  label,
  placeholder,
  describedBy,
  id,
  focusCount,
  className,
  onChange,
  onSend,
  onBlur,
  enterSends,
  onKeyDown,
}: PlainEditorProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text.
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [value]);
  // Before the next key arrives, which would be a command until the field has the focus.
  useLayoutEffect(() => {
    if (focusCount === 0) return;
    field.current?.focus();
  }, [focusCount]);
  return (
    <textarea
      ref={field}
      id={id}
      value={value}
      rows={2}
      data-writing
      dir="auto"
      aria-label={label}
      aria-describedby={describedBy}
      placeholder={placeholder}
      onChange={(event) => onChange(event.target.value)}
      onBlur={onBlur}
      onKeyDown={(event) => {
        onKeyDown?.(event);
        if (event.defaultPrevented || event.nativeEvent.isComposing) return;
        const chord = event.ctrlKey || event.metaKey;
        if (event.key === "Enter" && (chord || (enterSends && !event.shiftKey))) {
          event.preventDefault();
          onSend(chord && event.shiftKey);
        } else if (event.key === "Escape") {
          event.currentTarget.blur();
        }
      }}
      className={cx(
        "block max-h-[40vh] min-h-15 w-full resize-none bg-transparent text-reading outline-none max-sm:text-[16px]",
        className,
      )}
    />
  );
}
