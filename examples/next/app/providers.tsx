"use client";

import { createUserMetadataClient } from "@usermeta/client";
import { UserMetadataProvider, type UserMetadataProviderProps } from "@usermeta/react";

// The session is a cookie that no script can read, so there is no getToken.
const client = createUserMetadataClient({
  baseUrl: "/api",
  refreshToken: async () => {
    const answer = await fetch("/api/dev/token", { method: "POST" });
    if (!answer.ok) throw new Error(`/api/dev/token answered ${answer.status}`);
  },
});

/** Your own routes, with the session. */
export const fetchOwn = client.fetch;

/** Gives the page's components what the server has rendered with; the browser asks for nothing at first. */
export const Providers = ({ initial, children }: Pick<UserMetadataProviderProps, "initial" | "children">) => (
  <UserMetadataProvider client={client} initial={initial}>
    {children}
  </UserMetadataProvider>
);
