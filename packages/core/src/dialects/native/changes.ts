/** What the bodies of the native routes mean: each is read as a change of a document. */

import type { Author } from "../../document/actor.ts";
import type { Intent, Merge, Mutation } from "../../document/document.ts";
import { patchDocument, patchTier } from "../../document/document-patch.ts";
import { type JsonValue, jsonBytes } from "../../document/json.ts";
import { copyJson } from "../../document/json-profile.ts";
import type { MetadataUpdate, Schemas, TiersOf, TierTypes } from "../../document/types.ts";
import { type CheckedUpdate, toIntent, toTierUpdate, toUpdate } from "../../document/update.ts";
import { type MediaType, readBody } from "../../http/body.ts";
import type { RouteCall } from "../../http/route.ts";
import type { Session } from "../../sessions/session.ts";

/**
 * Decides what `POST /updateinfo` writes, to any tier, merged shallowly. It is the server's own code, so it may write
 * what a user may not. `body` is `undefined` if none was sent. `author` is what the history tells of the write.
 */
export type UpdateInfo<T extends TierTypes = TiersOf<Schemas>> = (
  session: Session,
  body: JsonValue | undefined,
  author: Author,
) => MetadataUpdate<T> | Promise<MetadataUpdate<T>>;

/** Reads the body of a request and makes a change of it. */
export type ReadChange = (call: RouteCall) => Intent | Promise<Intent>;

/** The meaning of each media type that a route reads; a JSON Patch is not a merge. */
type Semantics = Readonly<Partial<Record<MediaType, Merge | "patch">>>;

const PUT: Semantics = { "application/json": "replace" };
const PATCH: Semantics = {
  "application/merge-patch+json": "deep",
  "application/json": "shallow",
  "application/json-patch+json": "patch",
};
const toTypes = (semantics: Semantics): readonly MediaType[] => Object.keys(semantics) as MediaType[];

/** The media types that a PUT and `POST /updateinfo` read. */
export const PUT_TYPES: readonly MediaType[] = toTypes(PUT);
/** The media types that a PATCH reads. */
export const PATCH_TYPES: readonly MediaType[] = toTypes(PATCH);

/** The changes that the methods of one path make. */
interface Changes {
  readonly clear: ReadChange;
  readonly put: ReadChange;
  readonly patch: ReadChange;
}

/** What a user may change: the unsafe tier. */
export const ownChanges = (maxBytes: number): Changes => ({
  clear: () => ({ change: (current) => ({ ...current, unsafe: {} }) }),
  ...changes(maxBytes, {
    toChecked: (value) => toTierUpdate("unsafe", value),
    patch: (operations) => (current) => patchTier(current, "unsafe", operations),
  }),
});

/** What a server may change: everything. */
export const anyChanges = (maxBytes: number): Changes => ({
  clear: () => ({ change: () => null, isWhole: true }),
  ...changes(maxBytes, {
    toChecked: toUpdate,
    patch: (operations) => (current) => patchDocument(current, operations),
  }),
});

/** What `POST /updateinfo` changes: the unsafe tier, or what the app's `updateInfo` returns. */
export const infoChange =
  (maxBytes: number, updateInfo: UpdateInfo | undefined): ReadChange =>
  async ({ request, session, author }) => {
    const sent = !updateInfo || request.header("content-type") !== undefined;
    const value = sent ? (await readBody(request, PUT_TYPES, maxBytes)).value : undefined;
    const update = updateInfo
      ? toUpdate(copyJson(await updateInfo(session as Session, value, author)))
      : toTierUpdate("unsafe", value as JsonValue);
    return toIntent(update, "shallow");
  };

/** The part of a document that bodies are about: one tier, or all of it. */
interface Target {
  /** Checks a body that is merged or replaces. */
  readonly toChecked: (value: JsonValue) => CheckedUpdate;
  /** Applies a body that is a JSON Patch. */
  readonly patch: (operations: JsonValue) => Mutation;
}

const changes = (maxBytes: number, { toChecked, patch }: Target): Omit<Changes, "clear"> => {
  const reading =
    (semantics: Semantics): ReadChange =>
    async ({ request }) => {
      const { type, value } = await readBody(request, toTypes(semantics), maxBytes);
      const merge = semantics[type] ?? "patch";
      return merge === "patch"
        ? { change: patch(value), bytes: jsonBytes(value, 0) }
        : toIntent(toChecked(value), merge);
    };
  return { put: reading(PUT), patch: reading(PATCH) };
};
