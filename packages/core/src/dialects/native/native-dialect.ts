import { type DocumentContent, EMPTY_DOCUMENT, type MetadataDocument } from "../../document/document.ts";
import type { JsonValue } from "../../document/json.ts";
import { copyJson, jsonEquals } from "../../document/json-profile.ts";
import {
  applyUpdate,
  type CheckedUpdate,
  type Merge,
  toTierUpdate,
  toUpdate,
} from "../../document/update.ts";
import { toAdminView, toUserView } from "../../document/views.ts";
import type { Engine } from "../../engine.ts";
import { type BodyLimits, type MediaType, readBody } from "../../http/body.ts";
import { readPrecondition } from "../../http/conditions.ts";
import { documentOutcome, jsonOutcome, readOutcome } from "../../http/json-outcome.ts";
import type { Dialect, Route, RouteCall, RouteInfo } from "../../http/route.ts";
import type { Session } from "../../sessions/session.ts";

type View = (userId: string, document: MetadataDocument) => object;
type Change = (current: MetadataDocument) => DocumentContent | null;
/** Reads a request's body and makes of it what it changes. */
type ReadChange = (call: RouteCall) => Change | Promise<Change>;

/** What each media type that a route reads means; a JSON Patch is no merge. */
type Semantics = Readonly<Partial<Record<MediaType, Merge | "patch">>>;

const PUT: Semantics = { "application/json": "replace" };
const PATCH: Semantics = {
  "application/merge-patch+json": "deep",
  "application/json": "shallow",
  "application/json-patch+json": "patch",
};
const toTypes = (semantics: Semantics): MediaType[] => Object.keys(semantics) as MediaType[];
const JSON_ONLY = toTypes(PUT);

/** Our own protocol: the routes of `docs/http.md`. */
export const nativeDialect = (): Dialect => ({ name: "native", routes: nativeRoutes });

const nativeRoutes = (engine: Engine): readonly Route[] => {
  const read =
    (view: View): Route["handle"] =>
    async ({ request, userId }) => {
      const document = await engine.read(userId);
      return readOutcome(request, view(userId, document), document);
    };
  const write =
    (readChange: ReadChange, view?: View): Route["handle"] =>
    async (call) => {
      const check = readPrecondition(call.request);
      const change = await readChange(call);
      let before = EMPTY_DOCUMENT;
      const document = await engine.mutate(call.userId, (current) => {
        check(current);
        before = current;
        return change(current);
      });
      return view
        ? documentOutcome({ ...view(call.userId, document), ...claimsChanged(before, document) }, document)
        : { status: 204, headers: { "cache-control": "no-store" }, body: undefined };
    };

  const claimsChanged = (before: MetadataDocument, after: MetadataDocument) =>
    !jsonEquals(engine.claims(before), engine.claims(after)) && { claimsChanged: true };
  const search: Route["handle"] = async ({ request }) => {
    const { readFindQuery } = await import("../../storing/find.ts");
    const { found, cursor } = await engine.find(readFindQuery(request.query));
    const users = found.map(({ userId, document }) => toAdminView(userId, document));
    return jsonOutcome({ users, cursor }, { "cache-control": "no-store" });
  };

  const { issuer } = engine;
  const own = ownChanges(engine);
  const any = anyChanges(engine);
  const at = (path: string, who: Route["who"], answers: Route["answers"]) => ({ path, who, answers });
  const info = at("/updateinfo", "session", "UserMetadata");
  const mine = at("/metadata", "session", "UserMetadata");
  const users = at("/users/:userId/metadata", "admin", "AdminMetadata");
  // biome-ignore format: a table
  const routes: Route[] = [
    { ...info, method: "POST", reads: JSON_ONLY, handle: write(own.info, toMessageView) },
    { ...mine, method: "GET", reads: [], handle: read(toUserView) },
    { ...mine, method: "PATCH", reads: toTypes(PATCH), handle: write(own.patch, toUserView) },
    { ...mine, method: "PUT", reads: JSON_ONLY, handle: write(own.put, toUserView) },
    { ...mine, method: "DELETE", reads: [], handle: write(own.clear, toUserView) },
    { ...users, method: "GET", reads: [], handle: read(toAdminView) },
    { ...users, method: "PATCH", reads: toTypes(PATCH), handle: write(any.patch, toAdminView) },
    { ...users, method: "PUT", reads: JSON_ONLY, handle: write(any.put, toAdminView) },
    { ...users, method: "DELETE", reads: [], answers: "nothing", handle: write(() => () => null) },
    { path: "/users", method: "GET", who: "admin", answers: "object", reads: [], handle: search },
    open("/openapi.json", async () => (await import("./openapi.ts")).openApi(routes)),
  ];
  if (issuer) routes.push(open("/.well-known/jwks.json", () => issuer.jwks()));
  return routes;
};

/** What a user may change: the unsafe tier, and through the app's `updateInfo` what the app decides. */
const ownChanges = ({ limits, updateInfo }: Engine) => {
  const toChecked = (value: JsonValue): CheckedUpdate => toTierUpdate("unsafe", value);
  const info: ReadChange = async ({ request, session }) => {
    const sent = !updateInfo || request.header("content-type") !== undefined;
    const value = sent ? (await readBody(request, JSON_ONLY, limits)).value : undefined;
    const update = updateInfo
      ? toUpdate(copyJson(await updateInfo(session as Session, value), limits.maxDepth + 1))
      : toChecked(value as JsonValue);
    return (current) => applyUpdate(current, update, "shallow");
  };
  const clear: ReadChange = () => (current) => ({ ...current, unsafe: {} });
  const patch: Target["patch"] = async (operations) => {
    const { patchTier } = await import("../../document/document-patch.ts");
    return (current) => patchTier(current, "unsafe", { operations, maxDepth: limits.maxDepth });
  };
  return { info, clear, ...changes({ limits, toChecked, patch }) };
};

/** What a server may change: everything. */
const anyChanges = ({ limits }: Engine) =>
  changes({
    // The object that names the tiers is one level more.
    limits: { ...limits, maxDepth: limits.maxDepth + 1 },
    toChecked: toUpdate,
    patch: async (operations) => {
      const { patchDocument } = await import("../../document/document-patch.ts");
      return (current) => patchDocument(current, { operations, maxDepth: limits.maxDepth });
    },
  });

/** What bodies are about: one tier, or the whole document. */
interface Target {
  readonly limits: BodyLimits;
  readonly toChecked: (value: JsonValue) => CheckedUpdate;
  /** What a JSON Patch does to it. */
  readonly patch: (operations: JsonValue) => Promise<Change>;
}

const changes = ({ limits, toChecked, patch }: Target) => {
  const reading =
    (semantics: Semantics): ReadChange =>
    async ({ request }) => {
      const { type, value } = await readBody(request, toTypes(semantics), limits);
      const merge = semantics[type] ?? "patch";
      if (merge === "patch") return patch(value);
      const update = toChecked(value);
      return (current) => applyUpdate(current, update, merge);
    };
  return { put: reading(PUT), patch: reading(PATCH) };
};

const open = (path: string, answer: () => object | Promise<object>): Route => {
  const info: RouteInfo = { method: "GET", path, who: "anyone", reads: [], answers: "object" };
  return { ...info, handle: async () => jsonOutcome(await answer(), {}) };
};

const toMessageView: View = (userId, document) => ({
  message: "successfully updated user metadata",
  ...toUserView(userId, document),
});
