import type { OwnHistoryPage } from "@usermeta/core";
import { createDocument } from "./document.ts";
import { toPatch, toReplacement } from "./edit.ts";
import { MetadataClientError } from "./errors.ts";
import { createFetch, createSession } from "./session.ts";
import { createTransport } from "./transport.ts";
import type { AnyTiers, CallOptions, ClientOptions, ClientTiers, UserMetadataClient } from "./types.ts";

const NAMES: Readonly<Record<keyof ClientOptions, string>> = {
  baseUrl: "string",
  getToken: "function",
  refreshToken: "function",
  credentials: "string",
  retries: "number",
  retryDelayMs: "number",
  timeoutMs: "number",
};

/**
 * Makes a client of the metadata routes, for a browser or a server. It reads nothing before `load`. With a type of
 * tiers, `createUserMetadataClient<TiersOf<typeof schemas>>(…)`, a typo does not compile.
 * @throws MetadataClientError `options_invalid`
 *
 * @example
 * ```ts
 * import { createUserMetadataClient } from "@usermeta/client";
 * import { createUserMetadata, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
 * import { userMetadata } from "@usermeta/fetch";
 *
 * // A server in the same process stands for the network.
 * const who = { issuer: "https://example.com", audience: "my-app" };
 * const issuer = tokenIssuer(who);
 * const sessions = jwtSessions({ ...who, keys: issuer.jwks });
 * const metadata = createUserMetadata({ store: memoryStore(), sessions, issuer });
 * const server = userMetadata(metadata, { prefix: "/auth" });
 * globalThis.fetch = async (url, init) => (await server(new Request(url, init))) ?? new Response(null, { status: 404 });
 *
 * const token = await metadata.issueToken("jane");
 * const client = createUserMetadataClient({ baseUrl: "https://example.com/auth", getToken: () => token });
 * await client.update({ theme: "dark" });
 * console.log(client.getSnapshot().unsafeMetadata); // { theme: "dark" }
 * ```
 */
export const createUserMetadataClient = <T extends ClientTiers = AnyTiers>(
  options: ClientOptions,
): UserMetadataClient<T> => {
  checkOptions(options);
  const session = createSession(options);
  const send = createTransport(options, session);
  const document = createDocument({ send, refresh: session.refresh, name: `usermeta ${options.baseUrl}` });
  const { getSnapshot, subscribe, hydrate, reset } = document;
  const client: UserMetadataClient = {
    load: async ({ signal }: CallOptions = {}) => {
      await document.load(signal);
      return getSnapshot();
    },
    update: async (patch, { signal } = {}) => {
      await document.write(toPatch(patch), signal);
      return getSnapshot();
    },
    replace: async (unsafe, { signal } = {}) => {
      await document.write(toReplacement(unsafe), signal);
      return getSnapshot();
    },
    history: async ({ limit, cursor, signal = new AbortController().signal } = {}) => {
      const query = new URLSearchParams({ ...(limit && { limit: `${limit}` }), ...(cursor && { cursor }) });
      return (await send({
        method: "GET",
        rest: `/history?${query}`,
        headers: {},
        signal,
      })) as OwnHistoryPage;
    },
    fetch: createFetch(options, session),
    getSnapshot,
    subscribe,
    hydrate,
    reset,
  };
  // The document is JSON to us; what it holds is between the app and its schemas.
  return client as unknown as UserMetadataClient<T>;
};

const checkOptions = (options: ClientOptions): void => {
  if (options?.baseUrl === undefined)
    throw invalid('baseUrl is missing; pass "/auth", or wherever the routes are');
  for (const [name, value] of Object.entries(options)) {
    const wanted = NAMES[name as keyof ClientOptions];
    if (!wanted)
      throw invalid(`"${name}" is not an option; the options are ${Object.keys(NAMES).join(", ")}`);
    if (value !== undefined && typeof value !== wanted)
      throw invalid(`${name} is of the type ${typeof value}; it must be of the type ${wanted}`);
  }
};

const invalid = (message: string): MetadataClientError =>
  new MetadataClientError("options_invalid", `createUserMetadataClient: ${message}.`);
