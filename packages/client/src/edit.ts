import type { JsonObject, JsonValue } from "@usermeta/core";
import { MetadataClientError } from "./errors.ts";
import { isObject, isSame, mergePatch, project } from "./merge-patch.ts";
import type { Call } from "./transport.ts";

/** A change of the unsafe tier: how it is sent, and what it makes of the tier meanwhile. */
export interface Edit extends Pick<Call, "method"> {
  readonly type: string;
  readonly body: string;
  apply(unsafe: JsonObject): JsonObject;
  /**
   * Whether it may be sent again on top of what somebody else has written.
   * @param isUnsure whether it may have been stored before that
   */
  canRebase(before: JsonObject, after: JsonObject, isUnsure: boolean): boolean;
}

/** A JSON Merge Patch. */
export const toPatch = (patch: unknown): Edit => {
  const { body, value } = copy(patch);
  return {
    method: "PATCH",
    type: "application/merge-patch+json",
    body,
    apply: (unsafe) => mergePatch(unsafe, value) as JsonObject,
    // Stored, and then overwritten by somebody else: sent again it would undo theirs.
    canRebase: (before, after, isUnsure) =>
      !isUnsure || isSame(project(before, value), project(after, value)),
  };
};

/** A whole tier. */
export const toReplacement = (unsafe: unknown): Edit => {
  const { body, value } = copy(unsafe);
  return { method: "PUT", type: "application/json", body, apply: () => value, canRebase: () => false };
};

/** What the server will see of a value, whatever becomes of the value meanwhile. */
const copy = (given: unknown): { body: string; value: JsonObject } => {
  const body = JSON.stringify(given) ?? "null";
  const value: JsonValue = JSON.parse(body);
  if (isObject(value)) return { body, value };
  const message = `${body.slice(0, 20)} is not an object. The unsafe metadata is one: pass { key: value }.`;
  throw new MetadataClientError("json_not_object", message, { details: { path: "" } });
};
