import type { Tier } from "../../document/document.ts";
import { isJsonObject, type JsonObject } from "../../document/json.ts";
import { asObject, type CheckedUpdate } from "../../document/update.ts";
import { UserMetadataError } from "../../errors.ts";
import { readBody } from "../../http/body.ts";
import { checkReplaced, checkSent, parseJson } from "../../http/parse-json.ts";
import type { RequestView } from "../../transport/request-view.ts";
import { isProfileField, PROFILE_FIELDS, toProfileValue } from "./clerk-profile.ts";
import { PARAMETERS } from "./clerk-user.ts";

const JSON_TYPE = "application/json";
/** What a browser sends without asking first (CORS); clerk-js sends every write so. */
export const FORM_TYPE = "application/x-www-form-urlencoded";

/** The tiers that may be named, by their names on the wire. */
type Names = ReadonlyMap<string, Tier>;

/**
 * Reads `{public_metadata?, private_metadata?, unsafe_metadata?}`.
 * @throws UserMetadataError those of `readBody`, `json_not_object`, `parameter_unknown`
 */
export const readTiers = async (
  request: RequestView,
  maxBytes: number,
  names: Names = PARAMETERS,
): Promise<CheckedUpdate> => toTiers(await readObject(request, maxBytes), names);

/**
 * Parameters of `PATCH /v1/users/:userId` that ask for something if they are `true`. `false` is the API's default and
 * asks for nothing: the SDKs of Python and Java always send the first.
 */
const SWITCHES: ReadonlySet<string> = new Set([
  "notify_primary_email_address_changed",
  "skip_password_checks",
  "sign_out_of_other_sessions",
  "skip_legal_checks",
  "bypass_client_trust",
]);

/** What a server changes of a user: tiers, each of them whole, and fields of the profile. */
export interface UserUpdate {
  readonly update: CheckedUpdate;
  /** The fields that are named; `null` removes one. */
  readonly profile: JsonObject;
}

/**
 * Reads the tiers and the profile of a user.
 * @throws UserMetadataError those of `readTiers`, and `json_value_refused` for a field that is not a string
 */
export const readUser = async (request: RequestView, maxBytes: number): Promise<UserUpdate> => {
  const tiers: JsonObject = {};
  const profile: JsonObject = {};
  for (const [name, value] of Object.entries(await readObject(request, maxBytes))) {
    if (isProfileField(name)) profile[name] = toProfileValue(name, value);
    else if (!SWITCHES.has(name) || (value !== false && value !== null)) tiers[name] = value;
  }
  return { update: toTiers(tiers, PARAMETERS, PROFILE_FIELDS), profile };
};

/** A body that is an object. The SDKs send no body if nothing is given, or `null`, as that of Go does. */
const readObject = async (request: RequestView, maxBytes: number): Promise<JsonObject> => {
  const body = readBody(request, [JSON_TYPE], maxBytes);
  const { value } = await body.catch((error) => {
    if (UserMetadataError.is(error) && error.code === "body_missing") return { value: null };
    throw error;
  });
  if (value === null) return {};
  if (isJsonObject(value)) return value;
  throw new UserMetadataError(
    "json_invalid",
    "The body is JSON, but not an object. Send an object of parameters.",
  );
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
    if (!OWN.has(name)) throw unknownParameter(name, [...OWN.keys()]);
    return [name, parseJson(text)] as const;
  });
  return toTiers(Object.fromEntries(values), OWN);
};

const toTiers = (value: JsonObject, names: Names, others: readonly string[] = []): CheckedUpdate => {
  const tiers = Object.entries(value).map(([name, tierValue]): readonly [Tier, JsonObject] => {
    const tier = names.get(name);
    if (tier === undefined) throw unknownParameter(name, [...names.keys(), ...others]);
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

const unknownParameter = (parameter: string, known: readonly string[]): UserMetadataError =>
  new UserMetadataError(
    "parameter_unknown",
    `${JSON.stringify(parameter)} is not a parameter here. The parameters are ${known.join(", ")}; nothing else of a user is kept here.`,
    { details: { parameter } },
  );
