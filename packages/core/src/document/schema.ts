import { UserMetadataError } from "../errors.ts";
import type { Tier } from "./document.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

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
 * are not stored, and a key that the schema would strip is refused, so that nothing is lost unseen.
 * @throws UserMetadataError `schema_mismatch`
 */
export const checkSchema = (schema: StandardSchema, tier: Tier, value: JsonObject): void | Promise<void> => {
  const judge = (result: SchemaResult): void => {
    const issues = result.issues?.map(toIssue) ?? strippedKeys(value, result.value, "");
    if (issues.length > 0) throw mismatch(tier, issues);
  };
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then(judge) : judge(result);
};

type Issue = { readonly path: string; readonly message: string };

const toIssue = ({ message, path = [] }: SchemaIssue): Issue => ({
  path: path.map((part) => `/${String(typeof part === "object" ? part.key : part)}`).join(""),
  message,
});

/** The keys of the input that the output no longer has. A schema that makes something else of a value is its own matter. */
const strippedKeys = (input: unknown, output: unknown, path: string): Issue[] => {
  if (Array.isArray(input) && Array.isArray(output)) {
    return input.flatMap((item, index) => strippedKeys(item, output[index], `${path}/${index}`));
  }
  if (!isJsonObject(input) || !isJsonObject(output)) return [];
  return Object.entries(input).flatMap(([key, value]) =>
    Object.hasOwn(output, key)
      ? strippedKeys(value, output[key], `${path}/${key}`)
      : [{ path: `${path}/${key}`, message: "the schema does not know this key" }],
  );
};

const mismatch = (tier: Tier, issues: readonly Issue[]): UserMetadataError => {
  const [first] = issues;
  return new UserMetadataError(
    "schema_mismatch",
    `The ${tier} metadata does not match its schema: ${first?.path || "the root"}: ${first?.message}. Nothing was written.`,
    { details: { tier, issues } },
  );
};
