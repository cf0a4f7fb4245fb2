/** A user's records as Bizzkit has them: the root keys of the public tier, read from bodies and shown in answers. */
import type { MetadataDocument } from "../../document/document.ts";
import type { JsonObject, JsonValue } from "../../document/json.ts";
import { keyProblem, refused } from "../../document/json-profile.ts";
import { asObject } from "../../document/update.ts";
import { UserMetadataError } from "../../errors.ts";

/** One root key of the public tier. */
export interface MetadataRecord {
  readonly key: string;
  readonly value: JsonValue;
  /** Whether it goes into the user's tokens as `metadata_<key>`. */
  readonly profileClaim: boolean;
}

/** All records of a document, as an answer shows them. */
export const toList = (document: MetadataDocument): { readonly metadata: readonly MetadataRecord[] } => ({
  metadata: Object.entries(document.public).map(([key, value]) => ({
    key,
    value,
    profileClaim: document.claims.includes(key),
  })),
});

/** Checks the key of a path. @throws UserMetadataError `json_value_refused` */
export const checkKey = (key: string): string => {
  const problem = keyProblem(key);
  if (problem) throw refused([key], problem);
  return key;
};

/** Reads the body of a bulk. @throws UserMetadataError `record_invalid`, and those of `readRecord` */
export const readRecords = (value: JsonValue): readonly MetadataRecord[] => {
  const { metadata } = asMembers(value, ["metadata"], "");
  if (!Array.isArray(metadata))
    throw invalid("/metadata", "is not a list; send the user's records, [] for none");
  const seen = new Set<string>();
  return metadata.map((item, index) => {
    const path = `/metadata/${index}`;
    const record = toRecord(asMembers(item, ["key", "value", "profileClaim"], path), path);
    const problem = keyProblem(record.key);
    if (problem) throw refused(["metadata", index, "key"], problem);
    if (seen.has(record.key)) throw invalid(`${path}/key`, "is in the list already; send each key once");
    seen.add(record.key);
    return record;
  });
};

/** Reads the body of one record, whose key is in the path. @throws UserMetadataError `record_invalid`, `parameter_unknown`, `json_not_object` */
export const readRecord = (key: string, value: JsonValue): MetadataRecord =>
  toRecord({ ...asMembers(value, ["value", "profileClaim"], ""), key }, "");

const toRecord = ({ key, value, profileClaim = false }: JsonObject, path: string): MetadataRecord => {
  if (typeof key !== "string") throw invalid(`${path}/key`, "is not a string; send the record's key");
  if (value === undefined) throw invalid(`${path}/value`, "is missing; send any JSON value, null included");
  if (typeof profileClaim !== "boolean")
    throw invalid(`${path}/profileClaim`, "is not a boolean; send true, or false to keep it out of tokens");
  return { key, value, profileClaim };
};

/** An object that has no other keys than these, so that a typo is not taken for a default. */
const asMembers = (value: JsonValue, names: readonly string[], path: string): JsonObject => {
  const object = asObject(value, path);
  const parameter = Object.keys(object).find((name) => !names.includes(name));
  if (parameter === undefined) return object;
  throw new UserMetadataError(
    "parameter_unknown",
    `${JSON.stringify(parameter)} is not a key of ${path || "the body"}. Its keys are ${names.join(", ")}.`,
    { details: { parameter } },
  );
};

const invalid = (path: string, problem: string): UserMetadataError =>
  new UserMetadataError("record_invalid", `${path} ${problem}. Nothing was written.`, { details: { path } });
