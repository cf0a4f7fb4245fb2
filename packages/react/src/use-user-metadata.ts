"use client";

import type { MetadataSnapshot, UserMetadataClient } from "@usermeta/client";
import { useMemo } from "react";
import { isBrowser, loadOnce, useSnapshot } from "./provider.ts";
import type { RegisteredTiers } from "./register.ts";

/** How a component waits. */
export interface UseUserMetadataOptions {
  /**
   * Suspends in the browser until it is loaded, and throws if that fails, for the boundaries around it. A server
   * does not wait: without the provider's `initial` it renders what is not loaded. @default false
   */
  readonly suspense?: boolean | undefined;
}

/** What there is to show, and how to change it. */
export interface UseUserMetadata extends MetadataSnapshot<RegisteredTiers> {
  /** Merges into `unsafeMetadata`; shown at once, and taken back if it fails. */
  readonly update: UserMetadataClient<RegisteredTiers>["update"];
  /** Replaces `unsafeMetadata`; a conflict if somebody else has changed it. */
  readonly replace: UserMetadataClient<RegisteredTiers>["replace"];
  /** Reads what the server may have changed. */
  readonly reload: UserMetadataClient<RegisteredTiers>["load"];
}

/**
 * The signed-in user's metadata. The object is the same one until something in it changes.
 * @throws MetadataClientError `options_invalid` outside of the provider
 *
 * @example
 * ```tsx
 * import { createUserMetadataClient } from "@usermeta/client";
 * import { UserMetadataProvider, useUserMetadata } from "@usermeta/react";
 * import { renderToString } from "react-dom/server";
 *
 * const client = createUserMetadataClient({ baseUrl: "/auth" });
 *
 * function Theme() {
 *   const { unsafeMetadata, update, isSaving } = useUserMetadata();
 *   return (
 *     <button type="button" disabled={isSaving} onClick={() => update({ theme: "light" }).catch(() => undefined)}>
 *       {String(unsafeMetadata.theme)}
 *     </button>
 *   );
 * }
 *
 * const jane = { userId: "jane", publicMetadata: {}, unsafeMetadata: { theme: "dark" }, version: 1, createdAt: 1, updatedAt: 1 };
 * const page = (
 *   <UserMetadataProvider client={client} initial={jane}>
 *     <Theme />
 *   </UserMetadataProvider>
 * );
 * console.log(renderToString(page)); // <button type="button">dark</button>
 * ```
 */
export const useUserMetadata = ({ suspense = false }: UseUserMetadataOptions = {}): UseUserMetadata => {
  const [client, snapshot] = useSnapshot();
  const value = useMemo(() => {
    const { update, replace, load } = client;
    return { ...snapshot, update, replace, reload: load };
  }, [client, snapshot]);
  // Of the client, not of the hook: that one is the server's until it has been hydrated.
  const { isLoaded, error } = client.getSnapshot();
  if (suspense && !isLoaded && isBrowser()) throw error ?? loadOnce(client);
  return value;
};
