import "@/app/plain-http";
import { ApiError } from "@rapport/api";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeRouter } from "@/app/router";
import "@/app/app.css";
import "@/app/preferences";
import "@/i18n";

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      // The event stream keeps what is loaded true, so focus alone is no reason to fetch again.
      refetchOnWindowFocus: false,
      staleTime: 30_000,
      gcTime: 15 * 60_000,
      retry: (failures, error) =>
        failures < 2 && (!(error instanceof ApiError) || error.isNetwork || error.status >= 500),
    },
  },
});
const router = makeRouter(cache);

const element = document.getElementById("root");
if (element) {
  createRoot(element).render(
    <StrictMode>
      <QueryClientProvider client={cache}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
