/** Actions that need no open conversation: moving about, panels, undo. */
import { focusList, focusListSearch, focusTimeline, isListShown } from "@/app/focus";
import { neighbour, releaseSignal, requestedId } from "@/app/inbox-state";
import { undoLast, undoStack } from "@/app/notify";
import { overlays } from "@/app/overlays";
import { drawerShown, focusMode, theme, viewsShown } from "@/app/preferences";
import {
  clearPicks,
  extendPicks,
  isPicking,
  pickAll,
  pickCursor,
  togglePick,
} from "@/app/selection";
import { t } from "@/i18n";
import { type Action, type ActionContext, can, register } from "./registry";

const always = () => true as const;

function step(by: 1 | -1) {
  return (context: ActionContext) => {
    const id = neighbour(pickCursor.get() ?? openId(context), by);
    if (id) context.navigation.openConversation(id);
  };
}

const openId = (context: ActionContext) => requestedId.get() ?? context.conversation?.id ?? null;
const onList = () => isListShown();

const picking: Action[] = [
  {
    id: "list.pick",
    group: "list",
    label: "action.pick",
    shortcut: "x",
    keyOnly: true,
    canRun: onList,
    run: (context) => {
      const id = pickCursor.get() ?? openId(context) ?? neighbour(null, 1);
      if (id) togglePick(id);
    },
  },
  {
    id: "list.pick_next",
    group: "list",
    label: "action.pick_next",
    shortcut: "shift+j",
    alternative: "shift+arrowdown",
    keyOnly: true,
    canRun: onList,
    run: (context) => extendPicks(1, openId(context)),
  },
  {
    id: "list.pick_previous",
    group: "list",
    label: "action.pick_previous",
    shortcut: "shift+k",
    alternative: "shift+arrowup",
    keyOnly: true,
    canRun: onList,
    run: (context) => extendPicks(-1, openId(context)),
  },
  {
    id: "list.pick_all",
    group: "list",
    label: "action.pick_all",
    shortcut: "mod+a",
    canRun: onList,
    run: pickAll,
  },
  {
    id: "list.clear_picks",
    group: "list",
    label: "action.clear_picks",
    shortcut: "escape",
    canRun: isPicking,
    run: clearPicks,
  },
];

const navigate: Action[] = [
  {
    id: "list.next",
    group: "navigate",
    label: "action.next",
    shortcut: "j",
    alternative: "arrowdown",
    keyOnly: true,
    canRun: always,
    run: step(1),
  },
  {
    id: "list.previous",
    group: "navigate",
    label: "action.previous",
    shortcut: "k",
    alternative: "arrowup",
    keyOnly: true,
    canRun: always,
    run: step(-1),
  },
  {
    id: "conversation.open",
    group: "navigate",
    label: "action.open",
    shortcut: "enter",
    alternative: "o",
    keyOnly: true,
    canRun: (context) => context.conversation !== null,
    run: focusTimeline,
  },
  {
    id: "list.search",
    group: "navigate",
    label: "action.search_view",
    shortcut: "/",
    canRun: always,
    run: focusListSearch,
  },
  {
    id: "list.show_updates",
    group: "view",
    label: "action.show_updates",
    shortcut: "y",
    keyOnly: true,
    canRun: always,
    run: () => releaseSignal.set((count) => count + 1),
  },
  {
    id: "go.inbox",
    group: "navigate",
    label: "action.go_inbox",
    shortcut: "g i",
    canRun: always,
    run: ({ navigation }) => {
      navigation.openView("mine");
      focusList();
    },
  },
  {
    id: "go.mine",
    group: "navigate",
    label: "action.go_mine",
    shortcut: "g m",
    canRun: always,
    run: ({ navigation }) => navigation.openView("mine"),
  },
  {
    id: "go.unassigned",
    group: "navigate",
    label: "action.go_unassigned",
    shortcut: "g u",
    canRun: always,
    run: ({ navigation }) => navigation.openView("unassigned"),
  },
  {
    id: "go.all",
    group: "navigate",
    label: "action.go_all",
    canRun: always,
    run: ({ navigation }) => navigation.openView("all"),
  },
  {
    id: "go.contacts",
    group: "navigate",
    label: "action.go_contacts",
    shortcut: "g p",
    canRun: (context) => can(context, "contact.read"),
    run: ({ navigation }) => navigation.goTo("/contacts"),
  },
  {
    id: "go.settings",
    group: "navigate",
    label: "action.go_settings",
    shortcut: "g ,",
    canRun: always,
    run: ({ navigation }) => navigation.goTo("/settings"),
  },
  {
    id: "go.search",
    group: "navigate",
    label: "action.go_search",
    canRun: always,
    run: ({ navigation }) => navigation.goTo("/search"),
  },
];

const channelTabs: Action[] = [0, 1, 2, 3].map((index) => ({
  id: `list.channel_${index}`,
  group: "view",
  label: `action.channel_tab_${index}`,
  shortcut: `alt+${index + 1}`,
  whileTyping: true,
  keyOnly: true,
  canRun: always,
  run: ({ navigation }) => navigation.openChannelTab(index),
}));

const general: Action[] = [
  {
    id: "palette.open",
    group: "general",
    label: "action.palette",
    shortcut: "mod+k",
    whileTyping: true,
    keyOnly: true,
    canRun: always,
    run: () => overlays.open("palette"),
  },
  {
    id: "shortcuts.open",
    group: "general",
    label: "action.shortcuts",
    shortcut: "?",
    canRun: always,
    run: () => overlays.open("shortcuts"),
  },
  {
    id: "conversation.new",
    group: "compose",
    label: "action.new_conversation",
    shortcut: "shift+c",
    canRun: (context) => can(context, "conversation.reply"),
    run: () => overlays.open("new-conversation"),
  },
  {
    id: "undo",
    group: "general",
    label: "action.undo",
    shortcut: "z",
    alternative: "mod+z",
    canRun: () => (undoStack.get().length > 0 ? true : t("reason.nothing_to_undo")),
    run: () => {
      undoLast();
    },
  },
  {
    id: "view.toggle_views",
    group: "view",
    label: "action.toggle_views",
    shortcut: "[",
    canRun: always,
    run: () => viewsShown.set((shown) => !shown),
  },
  {
    id: "view.toggle_drawer",
    group: "view",
    label: "action.toggle_drawer",
    shortcut: "]",
    canRun: (context) => context.conversation !== null,
    run: () => {
      if (window.innerWidth >= 1280) drawerShown.set((shown) => !shown);
      else if (overlays.current() === "drawer-sheet") overlays.close();
      else overlays.open("drawer-sheet");
    },
  },
  {
    id: "view.focus_mode",
    group: "view",
    label: "action.focus_mode",
    shortcut: "f",
    canRun: (context) => context.conversation !== null,
    run: () => focusMode.set((on) => !on),
  },
  {
    id: "theme.dark",
    group: "general",
    label: "action.theme_dark",
    canRun: () => theme.get() !== "dark",
    run: () => theme.set("dark"),
  },
  {
    id: "theme.light",
    group: "general",
    label: "action.theme_light",
    canRun: () => theme.get() !== "light",
    run: () => theme.set("light"),
  },
  {
    id: "theme.system",
    group: "general",
    label: "action.theme_system",
    canRun: () => theme.get() !== "system",
    run: () => theme.set("system"),
  },
];

register([...navigate, ...picking, ...channelTabs, ...general]);
