import type { DocumentContent, MetadataDocument } from "../../document/document.ts";
import type { JsonObject, JsonValue } from "../../document/json.ts";
import { keyProblem, refused } from "../../document/json-profile.ts";
import { asObject } from "../../document/update.ts";
import type { Engine } from "../../engine.ts";
import { UserMetadataError } from "../../errors.ts";
import { readBody } from "../../http/body.ts";
import { readPrecondition } from "../../http/conditions.ts";
import { documentOutcome, readOutcome } from "../../http/json-outcome.ts";
import type { Dialect, Route, RouteCall } from "../../http/route.ts";

/** One root key of the public tier, as Bizzkit has it. */
interface MetadataRecord {
  readonly key: string;
  readonly value: JsonValue;
  /** Whether it goes into the user's tokens as `metadata_<key>`. */
  readonly profileClaim: boolean;
}

type Change = (current: MetadataDocument) => DocumentContent | null;

const READS = ["application/json"] as const;

/**
 * The user metadata API of Bizzkit Users: a user's records are the root keys of the public tier, and those with
 * `profileClaim` its claims. Called with an admin key. Where their documentation is silent, ours decides: any JSON value;
 * `profileClaim` is false where it is left out; a key that a bulk has twice is refused; errors are problem+json. Conditions
 * (`If-Match`, `If-None-Match`) are about the user's whole document, whose version the ETag is.
 *
 * @see https://docs.bizzkit.com "User metadata"
 */
export const bizzkitDialect = (): Dialect => ({ name: "bizzkit", routes: bizzkitRoutes });

const bizzkitRoutes = (engine: Engine): readonly Route[] => {
  const readRecords: Route["handle"] = async ({ request, userId }) => {
    const document = await engine.read(userId);
    return readOutcome(request, toList(document), document);
  };
  /** `levels` of the body are around a record that are not around its value in the tier. */
  const body = async ({ request }: RouteCall, levels: number): Promise<JsonValue> => {
    const { maxDepth, maxBodyBytes } = engine.limits;
    return (await readBody(request, READS, { maxBodyBytes, maxDepth: maxDepth + levels })).value;
  };
  const write = ({ request, userId }: RouteCall, change: Change): Promise<MetadataDocument> => {
    const check = readPrecondition(request);
    return engine.mutate(userId, (current) => {
      check(current);
      return change(current);
    });
  };
  const putRecord: Route["handle"] = async (call) => {
    const key = keyOf(call);
    const record = toRecord({ ...asMembers(await body(call, 0), ["value", "profileClaim"], ""), key }, "");
    const document = await write(call, (current) => ({
      ...current,
      public: { ...current.public, [key]: record.value },
      claims: [...current.claims.filter((each) => each !== key), ...(record.profileClaim ? [key] : [])],
    }));
    return documentOutcome(record, document);
  };
  const deleteRecord: Route["handle"] = async (call) => {
    const key = keyOf(call);
    await write(call, (current) => {
      const { [key]: _, ...rest } = current.public;
      // Nothing is made of a user who has nothing.
      if (current.version === 0) return null;
      return { ...current, public: rest, claims: current.claims.filter((each) => each !== key) };
    });
    return { status: 204, headers: { "cache-control": "no-store" }, body: undefined };
  };
  const replaceRecords: Route["handle"] = async (call) => {
    const records = toRecords(await body(call, 2));
    const document = await write(call, (current) => ({
      ...current,
      public: Object.fromEntries(records.map(({ key, value }) => [key, value])),
      claims: records.filter(({ profileClaim }) => profileClaim).map(({ key }) => key),
    }));
    return documentOutcome(toList(document), document);
  };
  const list = { path: "/api/user/:userId/metadata", who: "admin", answers: "object" } as const;
  const one = { ...list, path: "/api/user/:userId/metadata/:key" } as const;
  return [
    { ...list, method: "GET", reads: [], handle: readRecords },
    { ...list, method: "PUT", reads: READS, handle: replaceRecords },
    { ...one, method: "PUT", reads: READS, handle: putRecord },
    { ...one, method: "DELETE", reads: [], answers: "nothing", handle: deleteRecord },
  ];
};

const toList = (document: MetadataDocument): { readonly metadata: readonly MetadataRecord[] } => ({
  metadata: Object.entries(document.public).map(([key, value]) => ({
    key,
    value,
    profileClaim: document.claims.includes(key),
  })),
});

const keyOf = ({ parameters }: RouteCall): string => {
  const key = parameters.key as string;
  const problem = keyProblem(key);
  if (problem) throw refused([key], problem);
  return key;
};

const toRecords = (value: JsonValue): readonly MetadataRecord[] => {
  const { metadata } = asMembers(value, ["metadata"], "");
  if (!Array.isArray(metadata))
    throw invalid("/metadata", "is no list; send the user's records, [] for none");
  const seen = new Set<string>();
  return metadata.map((item, index) => {
    const path = `/metadata/${index}`;
    const record = toRecord(asMembers(item, ["key", "value", "profileClaim"], path), path);
    const problem = keyProblem(record.key);
    if (problem) throw refused(["metadata", index, "key"], problem);
    if (seen.has(record.key)) throw invalid(`${path}/key`, "is there already; send each key once");
    seen.add(record.key);
    return record;
  });
};

const toRecord = ({ key, value, profileClaim = false }: JsonObject, path: string): MetadataRecord => {
  if (typeof key !== "string") throw invalid(`${path}/key`, "is no string; send the record's key");
  if (value === undefined) throw invalid(`${path}/value`, "is missing; send any JSON value, null included");
  if (typeof profileClaim !== "boolean")
    throw invalid(`${path}/profileClaim`, "is no boolean; send true, or false to keep it out of tokens");
  return { key, value, profileClaim };
};

/** An object that has no keys but these, so that a typo is not taken for a default. */
const asMembers = (value: JsonValue, names: readonly string[], path: string): JsonObject => {
  const object = asObject(value, path);
  const parameter = Object.keys(object).find((name) => !names.includes(name));
  if (parameter === undefined) return object;
  throw new UserMetadataError(
    "parameter_unknown",
    `${JSON.stringify(parameter)} means nothing in ${path || "the body"}. Its keys are ${names.join(", ")}.`,
    { details: { parameter } },
  );
};

const invalid = (path: string, problem: string): UserMetadataError =>
  new UserMetadataError("record_invalid", `${path} ${problem}. Nothing was written.`, { details: { path } });
