"use client";

import type { MetadataSnapshot, UserMetadataClient, UserView } from "@usermeta/client";
import type { MetadataPatch } from "@usermeta/core";
import { useMemo } from "react";
import { useSnapshot } from "./provider.ts";
import type { RegisteredTiers } from "./register.ts";

/** The user, by the names of Clerk's `user`. */
export interface UserResource {
  readonly id: string;
  readonly publicMetadata: UserView<RegisteredTiers>["publicMetadata"];
  /** With the changes that are under way. */
  readonly unsafeMetadata: UserView<RegisteredTiers>["unsafeMetadata"];
  /** When the metadata was first written; `null` if none is. */
  readonly createdAt: Date | null;
  /** When it was last written; `null` if none is. */
  readonly updatedAt: Date | null;
  /** Merges into `unsafeMetadata`, deeply; `null` removes. Shown at once, and taken back if it fails. */
  update(params: {
    readonly unsafeMetadata: MetadataPatch<RegisteredTiers["unsafe"]>;
  }): Promise<UserResource>;
  /** Reads what the server may have changed. */
  reload(): Promise<UserResource>;
}

/** What `useUser` returns. */
export type UseUser =
  | { readonly isLoaded: false; readonly isSignedIn: undefined; readonly user: undefined }
  | { readonly isLoaded: true; readonly isSignedIn: false; readonly user: null }
  | { readonly isLoaded: true; readonly isSignedIn: true; readonly user: UserResource };

/**
 * The signed-in user in the shape of Clerk's `useUser()`, for those who move.
 * @throws MetadataClientError `options_invalid` outside of the provider
 *
 * @example
 * ```tsx
 * import { createUserMetadataClient } from "@usermeta/client";
 * import { UserMetadataProvider, useUser } from "@usermeta/react";
 * import { renderToString } from "react-dom/server";
 *
 * const client = createUserMetadataClient({ baseUrl: "/auth" });
 *
 * function Greeting() {
 *   const { isLoaded, isSignedIn, user } = useUser();
 *   if (!isLoaded) return <p>Loading</p>;
 *   return isSignedIn ? <p>Hello {user.id}</p> : <a href="/sign-in">Sign in</a>;
 * }
 *
 * const page = (
 *   <UserMetadataProvider client={client} initial={null}>
 *     <Greeting />
 *   </UserMetadataProvider>
 * );
 * console.log(renderToString(page)); // <a href="/sign-in">Sign in</a>
 * ```
 */
export const useUser = (): UseUser => {
  const [client, snapshot] = useSnapshot();
  return useMemo(() => toUseUser(client, snapshot), [client, snapshot]);
};

type Client = UserMetadataClient<RegisteredTiers>;
type Snapshot = MetadataSnapshot<RegisteredTiers>;

const toUseUser = (client: Client, snapshot: Snapshot): UseUser => {
  if (!snapshot.isLoaded) return { isLoaded: false, isSignedIn: undefined, user: undefined };
  if (!snapshot.isSignedIn) return { isLoaded: true, isSignedIn: false, user: null };
  return { isLoaded: true, isSignedIn: true, user: toUser(client, snapshot) };
};

const toUser = (client: Client, snapshot: Snapshot): UserResource => {
  const { userId: id = "", publicMetadata, unsafeMetadata, createdAt, updatedAt } = snapshot;
  return {
    id,
    publicMetadata,
    unsafeMetadata,
    createdAt: toDate(createdAt),
    updatedAt: toDate(updatedAt),
    update: async (params) => toUser(client, await client.update(params.unsafeMetadata)),
    reload: async () => toUser(client, await client.load()),
  };
};

const toDate = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
