import type { DocumentContent, MetadataDocument } from "../document.ts";
import { copyJson } from "../json-profile.ts";
import type { JsonValue } from "../json.ts";
import type { Session } from "../session.ts";
import type { TokenIssuer } from "../token-issuer.ts";
import { applyUpdate, type CheckedUpdate, type Merge, patchDocument, patchTier, toTierUpdate, toUpdate } from "../update.ts";
import { toAdminView, toUserView } from "../views.ts";
import type { Mutation } from "../write-path.ts";
import { type BodyLimits, type MediaType, readBody, type TypedBody } from "./body.ts";
import { isNotModified, readPrecondition, toETag } from "./conditions.ts";
import { openApi } from "./openapi.ts";
import type { Outcome } from "./outcome.ts";
import type { Route, RouteCall } from "./route.ts";

/** What the routes need of the engine. */
export interface Engine {
  read(userId: string): Promise<MetadataDocument>;
  mutate(userId: string, mutation: Mutation): Promise<MetadataDocument>;
  readonly limits: BodyLimits;
  readonly issuer: TokenIssuer | undefined;
  /** Decides what `POST /updateinfo` writes. */
  readonly updateInfo: UpdateInfo | undefined;
}

/** Makes an update of the caller's session and body; `body` is `undefined` where none was sent. */
export type UpdateInfo = (session: Session, body: JsonValue | undefined) => unknown;

const JSON_ONLY: readonly MediaType[] = ["application/json"];
const PATCHES: readonly MediaType[] = ["application/merge-patch+json", "application/json", "application/json-patch+json"];
const BY_TYPE: Readonly<Partial<Record<MediaType, Merge>>> = {
  "application/merge-patch+json": "deep",
  "application/json": "shallow",
};

type View = (userId: string, document: MetadataDocument) => Readonly<Record<string, unknown>>;
type Change = (current: MetadataDocument) => DocumentContent | null;

/** The routes of `docs/http.md`, as data. */
export const nativeDialect = (engine: Engine): readonly Route[] => {
  const { limits, issuer } = engine;
  const one = "/metadata";
  const any = "/users/:userId/metadata";

  const write = async (call: RouteCall, change: Change): Promise<MetadataDocument> => {
    const check = readPrecondition(call.request);
    return engine.mutate(call.userId, (current) => {
      check(current);
      return change(current);
    });
  };
  const read = async ({ request, userId }: RouteCall, view: View): Promise<Outcome> => {
    const document = await engine.read(userId);
    if (isNotModified(request, document.version)) return { status: 304, headers: viewHeaders(document), body: undefined };
    return json(200, view(userId, document), viewHeaders(document));
  };
  const answer = async (call: RouteCall, change: Change, view: View): Promise<Outcome> => {
    const document = await write(call, change);
    return json(200, view(call.userId, document), viewHeaders(document));
  };
  const ownBody = ({ request }: RouteCall, accepted: readonly MediaType[]): Promise<TypedBody> =>
    readBody(request, accepted, limits);
  // The object that names the tiers is one level more.
  const anyBody = ({ request }: RouteCall, accepted: readonly MediaType[]): Promise<TypedBody> =>
    readBody(request, accepted, { ...limits, maxDepth: limits.maxDepth + 1 });

  const updateInfo = async (call: RouteCall): Promise<Outcome> => {
    const update = await toInfoUpdate(engine, call);
    return answer(call, (current) => applyUpdate(current, update, "shallow"), toMessageView);
  };
  const patchOwn = async (call: RouteCall): Promise<Outcome> => {
    const { type, value } = await ownBody(call, PATCHES);
    const merge = BY_TYPE[type];
    if (merge === undefined) {
      const patch = { operations: value, maxDepth: limits.maxDepth };
      return answer(call, (current) => patchTier(current, "unsafe", patch), toUserView);
    }
    const update = toTierUpdate("unsafe", value);
    return answer(call, (current) => applyUpdate(current, update, merge), toUserView);
  };
  const putOwn = async (call: RouteCall): Promise<Outcome> => {
    const update = toTierUpdate("unsafe", (await ownBody(call, JSON_ONLY)).value);
    return answer(call, (current) => applyUpdate(current, update, "replace"), toUserView);
  };
  const deleteOwn = (call: RouteCall): Promise<Outcome> =>
    answer(call, (current) => ({ ...current, unsafe: {} }), toUserView);
  const patchAny = async (call: RouteCall): Promise<Outcome> => {
    const { type, value } = await anyBody(call, PATCHES);
    const merge = BY_TYPE[type];
    if (merge === undefined) return answer(call, (current) => patchDocument(current, value, limits.maxDepth), toAdminView);
    const update = toUpdate(value);
    return answer(call, (current) => applyUpdate(current, update, merge), toAdminView);
  };
  const putAny = async (call: RouteCall): Promise<Outcome> => {
    const update = toUpdate((await anyBody(call, JSON_ONLY)).value);
    return answer(call, (current) => applyUpdate(current, update, "replace"), toAdminView);
  };
  const deleteAny = async (call: RouteCall): Promise<Outcome> => {
    await write(call, () => null);
    return { status: 204, headers: { "cache-control": "no-store" }, body: undefined };
  };

  const routes: Route[] = [
    { method: "POST", path: "/updateinfo", who: "session", summary: "Update the caller's metadata", reads: JSON_ONLY, answers: "UserMetadata", handle: updateInfo },
    { method: "GET", path: one, who: "session", summary: "Read the caller's metadata", reads: [], answers: "UserMetadata", handle: (call) => read(call, toUserView) },
    { method: "PATCH", path: one, who: "session", summary: "Merge into the caller's unsafe metadata", reads: PATCHES, answers: "UserMetadata", handle: patchOwn },
    { method: "PUT", path: one, who: "session", summary: "Replace the caller's unsafe metadata", reads: JSON_ONLY, answers: "UserMetadata", handle: putOwn },
    { method: "DELETE", path: one, who: "session", summary: "Clear the caller's unsafe metadata", reads: [], answers: "UserMetadata", handle: deleteOwn },
    { method: "GET", path: any, who: "admin", summary: "Read all of a user's metadata", reads: [], answers: "AdminMetadata", handle: (call) => read(call, toAdminView) },
    { method: "PATCH", path: any, who: "admin", summary: "Merge into a user's metadata", reads: PATCHES, answers: "AdminMetadata", handle: patchAny },
    { method: "PUT", path: any, who: "admin", summary: "Replace the tiers named", reads: JSON_ONLY, answers: "AdminMetadata", handle: putAny },
    { method: "DELETE", path: any, who: "admin", summary: "Remove a user's metadata", reads: [], answers: "nothing", handle: deleteAny },
    { method: "GET", path: "/openapi.json", who: "anyone", summary: "This API as OpenAPI 3.1", reads: [], answers: "object", handle: () => json(200, openApi(routes)) },
  ];
  if (issuer) {
    routes.push({ method: "GET", path: "/.well-known/jwks.json", who: "anyone", summary: "The public keys of the access tokens", reads: [], answers: "object", handle: async () => json(200, await issuer.jwks()) });
  }
  return routes;
};

const toInfoUpdate = async (engine: Engine, { request, session }: RouteCall): Promise<CheckedUpdate> => {
  const { limits, updateInfo } = engine;
  if (updateInfo === undefined) return toTierUpdate("unsafe", (await readBody(request, JSON_ONLY, limits)).value);
  const sent = request.header("content-type") !== undefined;
  const value = sent ? (await readBody(request, JSON_ONLY, limits)).value : undefined;
  return toUpdate(copyJson(await updateInfo(session as Session, value), limits.maxDepth + 1));
};

const toMessageView: View = (userId, document) => ({
  message: "successfully updated user metadata",
  ...toUserView(userId, document),
});

const viewHeaders = ({ version }: MetadataDocument): Record<string, string> => ({
  etag: toETag(version),
  "cache-control": "private, no-cache",
  vary: "Authorization, Cookie",
});

const json = (status: number, value: object, headers: Readonly<Record<string, string>> = {}): Outcome => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});
