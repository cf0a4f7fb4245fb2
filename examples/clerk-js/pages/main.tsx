import { ClerkProvider } from "@clerk/clerk-react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";

declare const CLERK_JS_URL: string;

/** Names a Frontend API, whose place `proxyUrl` takes: base64 of "usermeta.localhost$". It is public. */
const PUBLISHABLE_KEY = "pk_live_dXNlcm1ldGEubG9jYWxob3N0JA==";

/** Where the SDK loads clerk-js from, as version 5 and version 6 call it. Clerk's components are not loaded. */
const SCRIPTS = { clerkJSUrl: CLERK_JS_URL, __internal_clerkJSUrl: CLERK_JS_URL, prefetchUI: false } as const;

createRoot(document.getElementById("app") as HTMLElement).render(
  <ClerkProvider
    publishableKey={PUBLISHABLE_KEY}
    proxyUrl={`${location.origin}/clerk`}
    {...SCRIPTS}
    telemetry={false}
    afterSignOutUrl={location.href}
  >
    <App />
  </ClerkProvider>,
);
