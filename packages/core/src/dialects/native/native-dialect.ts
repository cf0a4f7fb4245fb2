import type { MetadataDocument } from "../../document/document.ts";
import { jsonEquals } from "../../document/json-profile.ts";
import type { Schemas, TiersOf, TierTypes } from "../../document/types.ts";
import { toAdminView, toUserView } from "../../document/views.ts";
import type { Engine } from "../../engine.ts";
import { readWriteOptions } from "../../http/conditions.ts";
import { documentOutcome, jsonOutcome, readOutcome } from "../../http/json-outcome.ts";
import type { Dialect, Route, RouteInfo } from "../../http/route.ts";
import {
  anyChanges,
  infoChange,
  ownChanges,
  PATCH_TYPES,
  PUT_TYPES,
  type ReadChange,
  type UpdateInfo,
} from "./changes.ts";
import { readFindQuery } from "./find-query.ts";
import { historyRoutes } from "./history-routes.ts";

/** The options of the native dialect. */
export interface NativeDialectOptions<T extends TierTypes = TiersOf<Schemas>> {
  /** @default the body is merged into the unsafe tier */
  readonly updateInfo?: UpdateInfo<T> | undefined;
}

/**
 * Our own protocol: the routes of `docs/http.md`.
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore, nativeDialect } from "@usermeta/core";
 *
 * const metadata = createUserMetadata({
 *   store: memoryStore(),
 *   dialects: [nativeDialect({ updateInfo: () => ({ privateMetadata: { seenTerms: true } }) })],
 * });
 * console.log(metadata.routes.map(({ method, path }) => `${method} ${path}`)[0]); // POST /updateinfo
 * ```
 */
export const nativeDialect = <T extends TierTypes = TiersOf<Schemas>>({
  updateInfo,
}: NativeDialectOptions<T> = {}): Dialect => ({
  name: "native",
  routes: (engine) => nativeRoutes(engine, updateInfo as UpdateInfo | undefined),
});

type View = (userId: string, document: MetadataDocument) => object;

const nativeRoutes = (engine: Engine, updateInfo: UpdateInfo | undefined): readonly Route[] => {
  const { read, write, search } = handles(engine);
  const history = historyRoutes(engine);
  const readNow = read(toAdminView);
  const readAny: Route["handle"] = async (call) => (await history.past(call)) ?? readNow(call);
  const { issuer, limits } = engine;
  const own = ownChanges(limits.maxBodyBytes);
  const any = anyChanges(limits.maxBodyBytes);
  const info = infoChange(limits.maxBodyBytes, updateInfo);
  const at = (path: string, who: Route["who"], answers: Route["answers"]) => ({ path, who, answers });
  const updateinfo = at("/updateinfo", "session", "UserMetadata");
  const mine = at("/metadata", "session", "UserMetadata");
  const users = at("/users/:userId/metadata", "admin", "AdminMetadata");
  // biome-ignore format: a table
  const routes: Route[] = [
    { ...updateinfo, method: "POST", reads: PUT_TYPES, handle: write(info, toMessageView) },
    { ...mine, method: "GET", reads: [], handle: read(toUserView) },
    { ...mine, method: "PATCH", reads: PATCH_TYPES, handle: write(own.patch, toUserView) },
    { ...mine, method: "PUT", reads: PUT_TYPES, handle: write(own.put, toUserView) },
    { ...mine, method: "DELETE", reads: [], handle: write(own.clear, toUserView) },
    { ...users, method: "GET", reads: [], handle: readAny },
    { ...users, method: "PATCH", reads: PATCH_TYPES, handle: write(any.patch, toAdminView) },
    { ...users, method: "PUT", reads: PUT_TYPES, handle: write(any.put, toAdminView) },
    { ...users, method: "DELETE", reads: [], answers: "nothing", handle: write(any.clear) },
    { path: "/users", method: "GET", who: "admin", answers: "object", reads: [], handle: search },
    open("/openapi.json", async () => (await import("./openapi.ts")).openApi(routes, updateInfo !== undefined)),
  ];
  routes.push(...history.routes);
  if (issuer) routes.push(open("/.well-known/jwks.json", () => issuer.jwks()));
  return routes;
};

const handles = (engine: Engine) => {
  const read =
    (view: View): Route["handle"] =>
    async ({ request, userId }) => {
      const document = await engine.read(userId);
      return readOutcome(request, view(userId, document), document);
    };
  const claimsChanged = (before: MetadataDocument, after: MetadataDocument) =>
    !jsonEquals(engine.claims(before), engine.claims(after)) && { claimsChanged: true };
  const write =
    (readChange: ReadChange, view?: View): Route["handle"] =>
    async (call) => {
      const options = readWriteOptions(call);
      const { before, after } = await engine.write(call.userId, { ...(await readChange(call)), ...options });
      return view
        ? documentOutcome({ ...view(call.userId, after), ...claimsChanged(before, after) }, after)
        : { status: 204, headers: { "cache-control": "no-store" }, body: undefined };
    };
  const search: Route["handle"] = async ({ request }) => {
    const { found, corrupt, cursor } = await engine.find(readFindQuery(request.query));
    const users = found.map(({ userId, document }) => toAdminView(userId, document));
    return jsonOutcome(
      { users, ...(corrupt.length > 0 && { corrupt }), cursor },
      { "cache-control": "no-store" },
    );
  };
  return { read, write, search };
};

const open = (path: string, answer: () => object | Promise<object>): Route => {
  const info: RouteInfo = { method: "GET", path, who: "anyone", reads: [], answers: "object" };
  return { ...info, handle: async () => jsonOutcome(await answer(), {}) };
};

const toMessageView: View = (userId, document) => ({
  message: "successfully updated user metadata",
  ...toUserView(userId, document),
});
