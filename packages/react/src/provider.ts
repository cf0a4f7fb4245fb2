"use client";

import {
  createUserMetadataClient,
  MetadataClientError,
  type MetadataSnapshot,
  type UserMetadataClient,
  type UserView,
} from "@usermeta/client";
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { RegisteredTiers } from "./register.ts";

/** What the provider is given. */
export interface UserMetadataProviderProps {
  /** Made once, outside of components: `createUserMetadataClient<RegisteredTiers>(…)`. */
  readonly client: UserMetadataClient<RegisteredTiers>;
  /**
   * What the server renders with: the user's own view of the metadata, or `null` if nobody is signed in. Then the
   * browser asks for nothing at first. @default nothing: the browser loads
   */
  readonly initial?: UserView<RegisteredTiers> | null | undefined;
  readonly children?: ReactNode | undefined;
}

interface Provided {
  readonly client: UserMetadataClient<RegisteredTiers>;
  /** What the server has rendered, and the browser begins with. */
  readonly getServerSnapshot: () => MetadataSnapshot<RegisteredTiers>;
}

const Context = createContext<Provided | undefined>(undefined);

/** Whether this is a browser: a client is shared by all requests of a server, so there nothing of a user goes into it. */
export const isBrowser = (): boolean => typeof window !== "undefined";
declare const window: unknown;

/**
 * Gives the components below it one user's metadata, which is loaded once for all of them.
 *
 * @example
 * ```tsx
 * import { createUserMetadataClient } from "@usermeta/client";
 * import { UserMetadataProvider, useUserMetadata } from "@usermeta/react";
 * import { renderToString } from "react-dom/server";
 *
 * const client = createUserMetadataClient({ baseUrl: "/auth" }); // once, outside of components
 *
 * const State = () => <p>{useUserMetadata().isLoaded ? "Loaded" : "Loading"}</p>;
 *
 * const page = (
 *   <UserMetadataProvider client={client}>
 *     <State />
 *   </UserMetadataProvider>
 * );
 * console.log(renderToString(page)); // <p>Loading</p>
 * ```
 */
export const UserMetadataProvider = ({
  client,
  initial,
  children,
}: UserMetadataProviderProps): ReactElement => {
  const handed = useRef(initial);
  // Before the first render of what is below, which would else show that it loads.
  useState(() => {
    if (initial !== undefined && isBrowser()) client.hydrate(initial);
  });
  useEffect(() => {
    if (initial !== undefined && handed.current !== initial) client.hydrate(initial);
    handed.current = initial;
    if (!client.getSnapshot().isLoaded) loadOnce(client);
  }, [client, initial]);
  const value = useMemo(() => {
    const own = createUserMetadataClient<RegisteredTiers>({ baseUrl: "" });
    if (initial !== undefined) own.hydrate(initial);
    return { client, getServerSnapshot: own.getSnapshot };
  }, [client, initial]);
  return createElement(Context.Provider, { value }, children);
};

const loading = new WeakMap<object, Promise<void>>();

/** Loads; for those who ask meanwhile too. What fails is in the snapshot. */
export const loadOnce = (client: UserMetadataClient<RegisteredTiers>): Promise<void> => {
  const done = (): void => void loading.delete(client);
  const load = loading.get(client) ?? client.load().then(done, done);
  loading.set(client, load);
  return load;
};

/** The nearest provider's client, and what there is to show. @throws MetadataClientError `options_invalid` */
export const useSnapshot = (): readonly [Provided["client"], MetadataSnapshot<RegisteredTiers>] => {
  const provided = useContext(Context);
  if (!provided) {
    const message =
      "There is no user metadata here. Put <UserMetadataProvider client={client}> around this component.";
    throw new MetadataClientError("options_invalid", message);
  }
  const { client, getServerSnapshot } = provided;
  return [client, useSyncExternalStore(client.subscribe, client.getSnapshot, getServerSnapshot)];
};
