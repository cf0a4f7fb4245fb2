import { UserMetadataError } from "../errors.ts";
import type { Tier } from "./document.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { place } from "./json-profile.ts";

/** What Standard Schema v1 (standardschema.dev) asks of a schema library: zod, valibot, arktype and others have it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** A Standard Schema result: a `value`, or `issues`. */
export interface SchemaResult {
  readonly value?: unknown;
  readonly issues?: readonly SchemaIssue[] | undefined;
}

/** A Standard Schema issue. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Lets a schema accept or refuse a merged tier. What is stored is what was sent: the schema's defaults and coercions
 * are not stored, and a key that the schema would strip is refused, so that nothing is lost unseen. What the schema's
 * library says may quote a value: it goes into the `cause` alone.
 * @throws UserMetadataError `schema_mismatch`, and `internal_error` if the schema itself fails
 */
export const checkSchema = (schema: StandardSchema, tier: Tier, value: JsonObject): void | Promise<void> => {
  const judge = (result: SchemaResult): void => {
    const { issues } = result;
    const ours = issues?.map(toIssue) ?? strippedKeys(value, result.value, "");
    if (ours.length > 0) throw mismatch(tier, ours, issues && toCause(ours, issues));
  };
  const fail = (cause: unknown): never => {
    throw UserMetadataError.is(cause) ? cause : failed(tier, cause);
  };
  try {
    const result = schema["~standard"].validate(value);
    return result instanceof Promise ? result.then(judge).catch(fail) : judge(result);
  } catch (error) {
    return fail(error);
  }
};

type Issue = { readonly path: string; readonly message: string };

const toIssue = ({ path = [] }: SchemaIssue): Issue => ({
  path: path.map((part) => `/${String(typeof part === "object" ? part.key : part)}`).join(""),
  message: "is not what the schema allows",
});

/** The library's own words, each after its path, for whoever may read them. */
const toCause = (ours: readonly Issue[], theirs: readonly SchemaIssue[]): Error =>
  new AggregateError(theirs, theirs.map(({ message }, at) => `${ours[at]?.path}: ${message}`).join("\n"));

/** The keys of the input that the output no longer has. A schema that makes something else of a value is its own matter. */
const strippedKeys = (input: unknown, output: unknown, path: string): Issue[] => {
  if (Array.isArray(input) && Array.isArray(output)) {
    return input.flatMap((item, index) => strippedKeys(item, output[index], `${path}/${index}`));
  }
  if (!isJsonObject(input) || !isJsonObject(output)) return [];
  return Object.entries(input).flatMap(([key, value]) =>
    Object.hasOwn(output, key)
      ? strippedKeys(value, output[key], `${path}/${key}`)
      : [{ path: `${path}/${key}`, message: "is not a key of the schema" }],
  );
};

const mismatch = (tier: Tier, issues: readonly Issue[], cause: unknown): UserMetadataError => {
  const [{ path, message: fault }] = issues as [Issue];
  return new UserMetadataError(
    "schema_mismatch",
    `The ${tier} metadata does not match its schema: ${place(path)} ${fault}. Nothing was written.`,
    { cause, details: { tier, issues } },
  );
};

const failed = (tier: Tier, cause: unknown): UserMetadataError =>
  new UserMetadataError("internal_error", `The schema of the ${tier} metadata failed; see the cause.`, {
    cause,
  });
