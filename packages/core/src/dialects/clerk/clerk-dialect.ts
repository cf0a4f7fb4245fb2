import type { Intent, MetadataDocument } from "../../document/document.ts";
import type { Engine } from "../../engine.ts";
import { UserMetadataError } from "../../errors.ts";
import { readWriteOptions } from "../../http/conditions.ts";
import { documentOutcome, jsonOutcome, readOutcome } from "../../http/json-outcome.ts";
import type { Dialect, Route, RouteCall } from "../../http/route.ts";
import type { Outcome } from "../../transport/outcome.ts";
import type { RequestView } from "../../transport/request-view.ts";
import { FORM_TYPE, readOwnTier, readTiers, readUser } from "./clerk-body.ts";
import { asMethod, type ClerkSignOut, clientRoutes, toClient } from "./clerk-client.ts";
import { toClerkOutcome, userNotFound } from "./clerk-errors.ts";
import { toMerge, toReplacement } from "./clerk-profile.ts";
import { toBackendUser, toFrontendUser } from "./clerk-user.ts";
import {
  type ClerkUserPage,
  type ClerkUserQuery,
  type ClerkUsers,
  listDocuments,
  readUserQuery,
} from "./clerk-users.ts";

/** What the dialect may be told of the app. */
export interface ClerkDialectOptions {
  /** The users that the app has. @default a user is there from the first write of metadata until `DELETE` */
  readonly users?: ClerkUsers | undefined;
  /**
   * Lets clerk-js work in a browser with the app's cookie session: it is shown the session, gets tokens for it from the
   * engine's `issuer`, which scripts of the page can read, and signs out by this function.
   * @default none of that is answered
   */
  readonly signOut?: ClerkSignOut | undefined;
}

/**
 * Clerk's wire protocol, as far as it is about metadata. It answers the users of the Backend API, for `@clerk/backend`
 * whose `apiUrl` is this mount point and whose `secretKey` is an admin key. It answers `/v1/me` of the Frontend API, for
 * a session, and with `signOut` what clerk-js asks of a user who is signed in. All three tiers are merged deeply. A write
 * honours `If-Match`. `docs/clerk.md` has the routes and the errors.
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { clerkDialect } from "@usermeta/core/clerk";
 *
 * const metadata = createUserMetadata({
 *   store: memoryStore(),
 *   dialects: [clerkDialect()],
 *   adminKeys: ["a key of 16 characters or more"],
 * });
 * console.log(metadata.routes.map(({ method, path }) => `${method} ${path}`)); // …PATCH /v1/users/:userId/metadata…
 * ```
 */
export const clerkDialect = ({ users, signOut }: ClerkDialectOptions = {}): Dialect => ({
  name: "clerk",
  routes: (engine) =>
    [
      ...clerkRoutes(engine, users, signOut !== undefined),
      ...(signOut ? clientRoutes(engine, signOut) : []),
    ].map((route) => ({ ...route, handle: checked(route.handle) })),
  toOutcome: toClerkOutcome,
});

type Handle = Route["handle"];
/** Reads a request's body as a change; `undefined` if it names nothing. */
type ReadIntent = (request: RequestView) => Promise<Intent | undefined>;

const clerkRoutes = (engine: Engine, users: ClerkUsers | undefined, hasClient: boolean): readonly Route[] => {
  const backend = backendHandles(engine, users);
  const frontend = frontendHandles(engine, hasClient);
  const { issuer } = engine;
  const at = (path: string, who: Route["who"]) => ({ path, who, answers: "object", reads: [] }) as const;
  const json = { reads: ["application/json"] };
  const form = { reads: [FORM_TYPE, "application/json"] };
  const user = at("/v1/users/:userId", "admin");
  const metadata = { ...at("/v1/users/:userId/metadata", "admin"), ...json };
  const own = { ...at("/v1/me/metadata", "session"), ...form };
  // biome-ignore format: a table
  const routes: Route[] = [
    { ...at("/v1/users", "admin"), method: "GET", handle: backend.list },
    { ...at("/v1/users/count", "admin"), method: "GET", handle: backend.count },
    { ...user, method: "GET", handle: backend.read },
    { ...user, ...json, method: "PATCH", handle: backend.updateUser },
    { ...user, method: "DELETE", handle: backend.remove },
    { ...metadata, method: "PATCH", handle: backend.merge },
    { ...metadata, method: "PUT", handle: backend.replace },
    { ...at("/v1/me", "session"), method: "GET", handle: frontend.read },
    { ...at("/v1/me", "session"), ...form, method: "PATCH", handle: frontend.replace },
    { ...at("/v1/me", "session"), ...form, method: "POST", handle: asMethod("PATCH", frontend.replace) },
    { ...own, method: "PATCH", handle: frontend.merge },
    { ...own, method: "POST", handle: asMethod("PATCH", frontend.merge) },
  ];
  if (issuer) {
    const jwks: Handle = async () => jsonOutcome(await issuer.jwks(), {});
    routes.push({ ...at("/v1/jwks", "anyone"), method: "GET", handle: jwks });
  }
  return routes;
};

/** What servers may do: everything, with every tier shown. */
const backendHandles = (engine: Engine, users: ClerkUsers | undefined) => {
  /** Whose existence nobody but the document can tell must have one. */
  const checkStored = ({ version }: MetadataDocument): void => {
    if (!users && version === 0) throw userNotFound();
  };
  const checkUser = async (userId: string): Promise<void> => {
    if (users && !(await users.exists(userId))) throw userNotFound();
  };
  const { maxBodyBytes } = engine.limits;
  const find = (query: ClerkUserQuery): ClerkUserPage | Promise<ClerkUserPage> =>
    users?.list ? users.list(query) : listDocuments(engine, query);

  const read = async (userId: string): Promise<MetadataDocument> => {
    await checkUser(userId);
    const document = await engine.read(userId);
    checkStored(document);
    return document;
  };
  const list: Handle = async ({ request }) => {
    const { userIds } = await find(readUserQuery(request.query));
    const found = await Promise.all(
      userIds.map(async (userId) => toBackendUser(userId, await engine.read(userId))),
    );
    return jsonOutcome(found, NOT_KEPT);
  };
  const count: Handle = async ({ request }) => {
    const query = { ...readUserQuery(request.query), limit: 1, offset: 0 };
    const all = !users?.list && Object.keys(query.filters).length === 0;
    const total = all ? await engine.count() : (await find(query)).totalCount;
    return jsonOutcome({ object: "total_count", total_count: total }, NOT_KEPT);
  };
  const write =
    (readIntent: ReadIntent): Handle =>
    async (call) => {
      await checkUser(call.userId);
      const document = await update(engine, call, readIntent);
      checkStored(document);
      return documentOutcome(toBackendUser(call.userId, document), document);
    };
  const merge = write(async (request) => toMerge(await readTiers(request, maxBodyBytes)));
  const replace = write(async (request) => toReplacement(await readTiers(request, maxBodyBytes)));
  const updateUser = write(async (request) => {
    const { update, profile } = await readUser(request, maxBodyBytes);
    return toReplacement(update, profile);
  });
  const remove: Handle = async (call) => {
    const { userId } = call;
    const options = readWriteOptions(call);
    await checkUser(userId);
    await engine.write(userId, {
      ...options,
      condition: (current) => {
        checkStored(current);
        options.condition?.(current);
      },
      change: () => null,
    });
    return jsonOutcome({ object: "user", id: userId, deleted: true }, NOT_KEPT);
  };
  const show: Handle = async ({ request, userId }) => {
    const document = await read(userId);
    return readOutcome(request, toBackendUser(userId, document), document);
  };
  return { list, count, read: show, merge, replace, updateUser, remove };
};

/** What a user may do: see what is not private, and write the unsafe tier. Whoever has a session is a user. */
const frontendHandles = (engine: Engine, hasClient: boolean) => {
  /** clerk-js renders anew what it hears of by the client; with its token in it, an answer is not kept. */
  const view = async (call: RouteCall, document: MetadataDocument) => {
    const client = hasClient ? await toClient(engine, call, document) : null;
    const headers = client ? NOT_KEPT : {};
    return { body: { response: toFrontendUser(call.userId, document), client }, headers };
  };
  const read: Handle = async (call) => {
    const document = await engine.read(call.userId);
    const { body, headers } = await view(call, document);
    return withHeaders(readOutcome(call.request, body, document), headers);
  };
  const write =
    (toIntent: typeof toMerge): Handle =>
    async (call) => {
      const readIntent: ReadIntent = async (request) =>
        toIntent(await readOwnTier(request, engine.limits.maxBodyBytes));
      const document = await update(engine, call, readIntent);
      const { body, headers } = await view(call, document);
      return withHeaders(documentOutcome(body, document), headers);
    };
  return { read, merge: write(toMerge), replace: write(toReplacement) };
};

const withHeaders = (outcome: Outcome, headers: Outcome["headers"]): Outcome => ({
  ...outcome,
  headers: { ...outcome.headers, ...headers },
});

const NOT_KEPT = { "cache-control": "no-store" };

/** Writes what a body names; without anything, nothing is written. */
const update = async (engine: Engine, call: RouteCall, readIntent: ReadIntent): Promise<MetadataDocument> => {
  const { request, userId } = call;
  const options = readWriteOptions(call);
  const intent = await readIntent(request);
  if (intent) return (await engine.write(userId, { ...intent, ...options })).after;
  const document = await engine.read(userId);
  options.condition?.(document);
  return document;
};

const VERSION = /^\d{4}-\d\d-\d\d$/;

/** All versions of the API are the same here, and one that is later than we know of is not refused. */
const checked =
  (handle: Handle): Handle =>
  (call) => {
    checkVersion(call.request);
    checkId(call);
    return handle(call);
  };

/** Clerk's SDK puts an id into a path as it is: with one of these in it, the request would be about another user. */
const UNSENDABLE = /[/?#%\\]/;

const checkId = ({ request, parameters: { userId } }: RouteCall): void => {
  if (userId === undefined) return;
  const query = new URLSearchParams(request.query);
  query.delete("__clerk_api_version");
  if (query.size === 0 && !UNSENDABLE.test(userId)) return;
  throw new UserMetadataError(
    "user_id_invalid",
    'Clerk\'s SDK cannot address a user of this id, or has cut it at a "?". Use ids without / ? # % and \\.',
  );
};

const checkVersion = (request: RequestView): void => {
  const header = request.header("clerk-api-version");
  const parameters = new URLSearchParams(request.query).getAll("__clerk_api_version");
  const [version, ...others] = [...(header === undefined ? [] : [header]), ...parameters];
  if (version === undefined || (others.length === 0 && VERSION.test(version))) return;
  throw new UserMetadataError(
    "api_version_invalid",
    "The API version is malformed, or was sent twice. Send one date, as Clerk-API-Version or as __clerk_api_version.",
  );
};
