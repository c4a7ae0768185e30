/** Stands in for the command menu until its code is here, and takes what is typed meanwhile. */
import { Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import { overlays } from "./overlays";
import { paletteText } from "./palette-text";
import { useStore } from "./store";

export function PaletteWaiting() {
  const { t } = useTranslation();
  const text = useStore(paletteText);
  const close = () => {
    paletteText.set("");
    overlays.close();
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Escape does the same. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above. */}
      <div className="fixed inset-0 z-50 bg-scrim" onClick={close} />
      <div
        role="dialog"
        aria-modal="true"
        aria-label={t("palette.label")}
        className="fixed inset-x-3 top-[12vh] z-50 mx-auto flex max-w-xl items-center gap-3 rounded-popover bg-raised px-4 shadow-dialog"
      >
        <Search className="size-4 text-text-3" />
        <input
          // The menu was asked for, so what is typed next is meant for it.
          // biome-ignore lint/a11y/noAutofocus: see above.
          autoFocus
          aria-label={t("palette.placeholder")}
          aria-busy="true"
          value={text}
          onChange={(event) => paletteText.set(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") close();
          }}
          placeholder={t("palette.placeholder")}
          className="h-13 w-full bg-transparent text-reading outline-none max-sm:text-[16px]"
        />
      </div>
    </>
  );
}
