import { TIERS, type Tier } from "../../document/document.ts";
import type { HistoryOptions, PastOptions } from "../../document/history-types.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../document/json.ts";
import { toAdminView } from "../../document/views.ts";
import type { Engine } from "../../engine.ts";
import { UserMetadataError } from "../../errors.ts";
import { readBody } from "../../http/body.ts";
import { readWriteOptions, toETag } from "../../http/conditions.ts";
import { documentOutcome, jsonOutcome } from "../../http/json-outcome.ts";
import type { RouteCall } from "../../http/route.ts";
import { invalidHistoryQuery } from "../../storing/journal-errors.ts";
import type { Outcome } from "../../transport/outcome.ts";

const READS = ["application/json"] as const;
const NOT_KEPT = { "cache-control": "no-store" };

/** Answers a user with what the history has for users. */
export const answerOwnHistory = async (engine: Engine, { request, userId }: RouteCall): Promise<Outcome> => {
  const history = await engine.history();
  return jsonOutcome(await history.own(userId, readQuery(request.query, ["limit", "cursor"])), NOT_KEPT);
};

/** Answers with all that the history tells. */
export const answerHistory = async (engine: Engine, { request, userId }: RouteCall): Promise<Outcome> => {
  const query = readQuery(request.query, ["limit", "cursor", "tier", "actor"]);
  return jsonOutcome(await (await engine.history()).whole(userId, query), NOT_KEPT);
};

/** Puts an old version back. */
export const answerRollback = async (engine: Engine, call: RouteCall): Promise<Outcome> => {
  const options = readWriteOptions(call);
  const { version, tiers } = await readRollback(call, engine.limits.maxBodyBytes);
  const history = await engine.history();
  const document = await history.rollback(call.userId, version, { ...options, tiers });
  return documentOutcome(toAdminView(call.userId, document), document);
};

/** Erases a user. */
export const answerErasure = async (engine: Engine, call: RouteCall): Promise<Outcome> =>
  jsonOutcome(await (await engine.history()).erase(call.userId, readWriteOptions(call)), NOT_KEPT);

/** Answers with the metadata of a version or a moment, if the query asks for one. */
export const answerPast = async (
  engine: Engine,
  { request, userId }: RouteCall,
): Promise<Outcome | undefined> => {
  const when = readWhen(request.query);
  return when && pastOutcome(engine, userId, when);
};

/** What a query asks of the past: `version`, or `at`; `undefined` if neither is there. @throws UserMetadataError `query_invalid` */
const readWhen = (query: string): PastOptions | undefined => {
  const parameters = new URLSearchParams(query);
  const [version, at] = [parameters.get("version"), parameters.get("at")];
  if (version !== null && at !== null) throw invalidHistoryQuery("it has version and at; send one of them");
  if (version !== null) return { version: toNumber("version", version) };
  if (at === null) return undefined;
  const time = /^\d+$/.test(at) ? Number(at) : Date.parse(at);
  if (Number.isFinite(time)) return { at: time };
  throw invalidHistoryQuery("at is not a time; send one as 2030-01-31T12:00:00Z, or ms since 1970");
};

/** The answer to a question about the past. */
const pastOutcome = async (engine: Engine, userId: string, when: PastOptions): Promise<Outcome> => {
  const past = await (await engine.history()).view(userId, when);
  return jsonOutcome(past, { etag: toETag(past.version), ...NOT_KEPT });
};

const toNumber = (name: string, text: string): number => {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw invalidHistoryQuery(`${name} is not a whole number`);
};

const readQuery = (query: string, known: readonly (keyof HistoryOptions)[]): HistoryOptions => {
  const options: { limit?: number; cursor?: string; tier?: Tier; actor?: string } = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name as keyof HistoryOptions))
      throw invalidHistoryQuery(`${JSON.stringify(name)} is not a parameter; use ${known.join(", ")}`);
    if (name === "limit") options.limit = toNumber(name, value);
    else options[name as "cursor"] = value;
  }
  return options;
};

/** @throws UserMetadataError `json_not_object`, `parameter_unknown`, `query_invalid`, and those of `readBody` */
const readRollback = async (
  { request }: RouteCall,
  maxBytes: number,
): Promise<{ readonly version: number; readonly tiers: readonly Tier[] | undefined }> => {
  const { version, tiers, ...others } = asRollback((await readBody(request, READS, maxBytes)).value);
  const [parameter] = Object.keys(others);
  if (parameter !== undefined) throw unknownParameter(parameter);
  if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 1)
    throw invalidHistoryQuery("version is not that of an entry of the history");
  if (tiers === undefined) return { version, tiers };
  if (!Array.isArray(tiers) || tiers.length === 0 || !tiers.every((tier) => TIERS.includes(tier as Tier)))
    throw invalidHistoryQuery(`tiers is not a list of tiers; there are ${TIERS.join(", ")}`);
  return { version, tiers: tiers as Tier[] };
};

const asRollback = (value: JsonValue): JsonObject => {
  if (isJsonObject(value)) return value;
  throw new UserMetadataError("json_not_object", 'The body is not an object. Send {"version": …}.', {
    details: { path: "" },
  });
};

const unknownParameter = (parameter: string): UserMetadataError =>
  new UserMetadataError(
    "parameter_unknown",
    `${JSON.stringify(parameter)} is not part of a rollback. Its keys are version and tiers.`,
    { details: { parameter } },
  );
