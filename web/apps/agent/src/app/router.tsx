/** Every address of the app. Screens beyond the inbox are fetched when they are first visited. */
import { ApiError, api } from "@rapport/api";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { parseInboxSearch } from "@/data/list-query";
import { meQuery } from "@/data/queries";
import { InboxScreen } from "@/routes/inbox";
import { NotFound } from "@/routes/not-found";
import { RouteError } from "@/routes/route-error";
import { Shell } from "./shell";

interface RouterContext {
  cache: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({
  notFoundComponent: NotFound,
  errorComponent: RouteError,
});

/** Screens for getting in are of no use to somebody who is in: on to where they wanted to go. */
async function leaveIfSignedIn(cache: QueryClient, next: string) {
  // The app has just found out; asking again would only repeat the refusal.
  const refused = cache.getQueryState(meQuery.queryKey)?.error;
  if (refused instanceof ApiError && refused.status === 401) {
    cache.removeQueries({ queryKey: meQuery.queryKey });
    return;
  }
  try {
    await cache.ensureQueryData(meQuery);
  } catch {
    // The screen says itself what is wrong, if it is more than not being signed in.
    return;
  }
  throw redirect({ href: next });
}

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (raw: Record<string, unknown>): { next?: string } =>
    // Only a path of our own may follow a log-in; `//host` would lead away.
    ({
      next: typeof raw.next === "string" && /^\/(?!\/|\\)/.test(raw.next) ? raw.next : undefined,
    }),
  beforeLoad: ({ context, search }) => leaveIfSignedIn(context.cache, search.next ?? "/"),
  component: lazyRouteComponent(() => import("@/routes/login")),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  beforeLoad: ({ context }) => leaveIfSignedIn(context.cache, "/"),
  component: lazyRouteComponent(() => import("@/routes/setup")),
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitations/$token",
  component: lazyRouteComponent(() => import("@/routes/accept-invitation")),
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.cache.ensureQueryData(meQuery);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      const { required } = await api.setupState();
      if (required) throw redirect({ to: "/setup" });
      const next = location.href === "/" ? undefined : location.href;
      throw redirect({ to: "/login", search: { next } });
    }
  },
});
const inboxPath = "/inbox/$view/{-$conversationId}" as const;
const home = createRoute({
  getParentRoute: () => app,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: inboxPath, params: { view: "mine" } });
  },
});
const inboxHome = createRoute({
  getParentRoute: () => app,
  path: "/inbox",
  beforeLoad: () => {
    throw redirect({ to: inboxPath, params: { view: "mine" } });
  },
});
const inbox = createRoute({
  getParentRoute: () => app,
  path: inboxPath,
  validateSearch: parseInboxSearch,
  beforeLoad: ({ params, search: { message, ...search } }) => {
    if (!message) return;
    throw redirect({ to: inboxPath, params, search, hash: message, replace: true });
  },
  component: InboxScreen,
});
const contacts = createRoute({
  getParentRoute: () => app,
  path: "/contacts",
  validateSearch: (raw: Record<string, unknown>): { q?: string } => ({
    q: typeof raw.q === "string" && raw.q ? raw.q : undefined,
  }),
  component: lazyRouteComponent(() => import("@/routes/contacts")),
});
const contact = createRoute({
  getParentRoute: () => app,
  path: "/contacts/$contactId",
  component: lazyRouteComponent(() => import("@/routes/contact")),
});
const search = createRoute({
  getParentRoute: () => app,
  path: "/search",
  validateSearch: (raw: Record<string, unknown>): { q?: string; type?: string } => ({
    q: typeof raw.q === "string" && raw.q ? raw.q : undefined,
    type: typeof raw.type === "string" && raw.type ? raw.type : undefined,
  }),
  component: lazyRouteComponent(() => import("@/routes/search")),
});
const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings/{-$section}/{-$item}",
  component: lazyRouteComponent(() => import("@/routes/settings")),
});

const tree = root.addChildren([
  login,
  setup,
  invitation,
  app.addChildren([home, inboxHome, inbox, contacts, contact, search, settings]),
]);

export function makeRouter(cache: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { cache },
    defaultPreload: "intent",
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: RouteError,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
