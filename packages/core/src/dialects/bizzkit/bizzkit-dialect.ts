import type { Intent, MetadataDocument } from "../../document/document.ts";
import type { JsonObject, JsonValue } from "../../document/json.ts";
import type { Engine } from "../../engine.ts";
import { readBody } from "../../http/body.ts";
import { readWriteOptions } from "../../http/conditions.ts";
import { documentOutcome, readOutcome } from "../../http/json-outcome.ts";
import type { Dialect, Route, RouteCall } from "../../http/route.ts";
import { checkKey, readRecord, readRecords, toList } from "./records.ts";

const READS = ["application/json"] as const;

/**
 * The user metadata API of Bizzkit Users: a user's records are the root keys of the public tier, and those with
 * `profileClaim` its claims. It is called with an admin key. If Bizzkit's documentation says nothing of a case, ours
 * decides: any JSON value is accepted; `profileClaim` is false by default; a key that is twice in a bulk is refused;
 * errors are problem+json. `If-Match` and `If-None-Match` are about the user's whole document, whose version is the ETag.
 *
 * @see https://docs.bizzkit.com "User metadata"
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { bizzkitDialect } from "@usermeta/core/bizzkit";
 *
 * const metadata = createUserMetadata({
 *   store: memoryStore(),
 *   dialects: [bizzkitDialect()],
 *   adminKeys: ["a key of 16 characters or more"],
 * });
 * console.log(metadata.routes.map(({ method, path }) => `${method} ${path}`)); // …PUT /api/user/:userId/metadata/:key…
 * ```
 */
export const bizzkitDialect = (): Dialect => ({ name: "bizzkit", routes: bizzkitRoutes });

const bizzkitRoutes = (engine: Engine): readonly Route[] => {
  const body = async ({ request }: RouteCall): Promise<JsonValue> =>
    (await readBody(request, READS, engine.limits.maxBodyBytes)).value;
  const write = async (call: RouteCall, intent: Intent): Promise<MetadataDocument> =>
    (await engine.write(call.userId, { ...intent, ...readWriteOptions(call) })).after;

  const list: Route["handle"] = async ({ request, userId }) => {
    const document = await engine.read(userId);
    return readOutcome(request, toList(document), document);
  };
  const replace: Route["handle"] = async (call) => {
    const records = readRecords(await body(call));
    const values: JsonObject = Object.fromEntries(records.map(({ key, value }) => [key, value]));
    const claims = records.filter(({ profileClaim }) => profileClaim).map(({ key }) => key);
    const document = await write(call, {
      change: (current) => ({ ...current, public: values, claims }),
      sent: [["public", values]],
    });
    return documentOutcome(toList(document), document);
  };
  const put: Route["handle"] = async (call) => {
    const key = keyOf(call);
    const record = readRecord(key, await body(call));
    const values = { [key]: record.value };
    const document = await write(call, {
      change: (current) => ({
        ...current,
        public: { ...current.public, ...values },
        claims: [...current.claims.filter((each) => each !== key), ...(record.profileClaim ? [key] : [])],
      }),
      sent: [["public", values]],
    });
    return documentOutcome(record, document);
  };
  const remove: Route["handle"] = async (call) => {
    const key = keyOf(call);
    await write(call, {
      change: (current) => {
        const { [key]: _, ...rest } = current.public;
        // A user without a document gets none.
        if (current.version === 0) return null;
        return { ...current, public: rest, claims: current.claims.filter((each) => each !== key) };
      },
    });
    return { status: 204, headers: { "cache-control": "no-store" }, body: undefined };
  };

  const all = { path: "/api/user/:userId/metadata", who: "admin", answers: "object" } as const;
  const one = { ...all, path: "/api/user/:userId/metadata/:key" } as const;
  return [
    { ...all, method: "GET", reads: [], handle: list },
    { ...all, method: "PUT", reads: READS, handle: replace },
    { ...one, method: "PUT", reads: READS, handle: put },
    { ...one, method: "DELETE", reads: [], answers: "nothing", handle: remove },
  ];
};

const keyOf = ({ parameters }: RouteCall): string => checkKey(parameters.key as string);
