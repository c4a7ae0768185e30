/** Which panel is open. One at a time, so that a key can open what a button opens. */
import { createStore, useStore } from "./store";

export type Overlay =
  | "palette"
  | "shortcuts"
  | "new-conversation"
  | "assign"
  | "status"
  | "priority"
  | "more"
  | "drawer-sheet"
  | "views-menu";

const open = createStore<Overlay | null>(null);

export const overlays = {
  open: (overlay: Overlay) => open.set(overlay),
  close: () => open.set(null),
  current: open.get,
};

export function useOverlay(overlay: Overlay): [boolean, (shown: boolean) => void] {
  const current = useStore(open);
  return [
    current === overlay,
    (shown) => {
      if (shown) open.set(overlay);
      else if (open.get() === overlay) open.set(null);
    },
  ];
}
export const useAnyOverlay = () => useStore(open) !== null;
