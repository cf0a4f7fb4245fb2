import type { Tier } from "../../document/document.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../document/json.ts";
import { asObject, type CheckedUpdate } from "../../document/update.ts";
import { UserMetadataError } from "../../errors.ts";
import { readBody } from "../../http/body.ts";
import { checkReplaced, checkSent, parseJson } from "../../http/parse-json.ts";
import type { RequestView } from "../../transport/request-view.ts";
import { PARAMETERS } from "./clerk-user.ts";

const JSON_TYPE = "application/json";
/** What a browser sends without asking first (CORS); clerk-js sends every write so. */
export const FORM_TYPE = "application/x-www-form-urlencoded";

/** The tiers that may be named, by their names on the wire. */
type Names = ReadonlyMap<string, Tier>;

/**
 * Reads `{public_metadata?, private_metadata?, unsafe_metadata?}`. The SDKs send no body if nothing is given.
 * @throws UserMetadataError those of `readBody`, `json_not_object`, `parameter_unknown`
 */
export const readTiers = async (
  request: RequestView,
  maxBytes: number,
  names: Names = PARAMETERS,
): Promise<CheckedUpdate> => {
  const body = readBody(request, [JSON_TYPE], maxBytes);
  const { value } = await body.catch((error) => {
    if (UserMetadataError.is(error) && error.code === "body_missing") return { value: {} };
    throw error;
  });
  return toTiers(value, names);
};

const OWN: Names = new Map([["unsafe_metadata", "unsafe"]]);

/**
 * Reads what a front end sends: a form whose one field is the text of a JSON object, or JSON. A user writes one tier.
 * @throws UserMetadataError those of `readTiers` and `parseJson`
 */
export const readOwnTier = async (request: RequestView, maxBytes: number): Promise<CheckedUpdate> => {
  if (!isForm(request)) return readTiers(request, maxBytes, OWN);
  const fields = await readForm(request, maxBytes);
  const values = Object.entries(fields).map(([name, text]) => {
    if (!OWN.has(name)) throw unknownParameter(name, OWN);
    return [name, parseJson(text)] as const;
  });
  return toTiers(Object.fromEntries(values), OWN);
};

const toTiers = (value: JsonValue, names: Names): CheckedUpdate => {
  if (!isJsonObject(value))
    throw new UserMetadataError(
      "json_invalid",
      "The body is JSON, but not an object. Send an object of tiers.",
    );
  const tiers = Object.entries(value).map(([name, tierValue]): readonly [Tier, JsonObject] => {
    const tier = names.get(name);
    if (tier === undefined) throw unknownParameter(name, names);
    return [tier, asObject(tierValue, `/${name}`)];
  });
  return { tiers, claims: undefined };
};

const isForm = (request: RequestView): boolean =>
  (request.header("content-type") ?? "").toLowerCase().split(";")[0]?.trim() === FORM_TYPE;

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The fields of a form (WHATWG URL, section 5.1), each there once and in UTF-8. @throws UserMetadataError `json_invalid` */
const readForm = async (request: RequestView, maxBytes: number): Promise<Record<string, string>> => {
  const body = await request.body(maxBytes);
  try {
    if (typeof body === "object" && "parsed" in body) {
      const fields = checkFields(Object.entries(body.parsed ?? {}));
      checkReplaced(JSON.stringify(fields));
      return fields;
    }
    checkSent(body);
    const text = typeof body === "string" ? body : UTF8.decode(body);
    const pairs = text.split("&").filter((pair) => pair !== "");
    return checkFields(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2).map(decodeField)));
  } catch {
    throw new UserMetadataError(
      "json_invalid",
      "The form is malformed: it is not UTF-8, or has a field twice. Send unsafe_metadata=<JSON>.",
    );
  }
};

const decodeField = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));

const checkFields = (entries: readonly (readonly unknown[])[]): Record<string, string> => {
  const fields = new Map<string, string>();
  for (const [name, value = ""] of entries) {
    if (typeof name !== "string" || typeof value !== "string" || fields.has(name)) throw new TypeError();
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
};

const unknownParameter = (parameter: string, names: Names): UserMetadataError =>
  new UserMetadataError(
    "parameter_unknown",
    `${JSON.stringify(parameter)} is not a parameter here. The parameters are ${[...names.keys()].join(", ")}; nothing else of a user is kept here.`,
    { details: { parameter } },
  );
