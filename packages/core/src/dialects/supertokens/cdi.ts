/** The Core Driver Interface: how SuperTokens' SDKs talk to its core. */

import type { Author } from "../../document/actor.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../document/json.ts";
import type { Engine } from "../../engine.ts";
import { type ErrorCode, UserMetadataError } from "../../errors.ts";
import { readBody } from "../../http/body.ts";
import { jsonOutcome } from "../../http/json-outcome.ts";
import { checkSent, parseJson } from "../../http/parse-json.ts";
import { errorOutcome } from "../../http/problem.ts";
import type { Dialect, Route, RouteCall } from "../../http/route.ts";
import type { Outcome } from "../../transport/outcome.ts";
import type { RequestView } from "../../transport/request-view.ts";

/**
 * The versions of the interface, of which each SDK wants one. In all of them the metadata calls have the same bodies.
 * A SuperTokens core 11.4 answers those up to 5.4, and 12.1 all.
 */
export const CDI_VERSIONS: readonly string[] = [
  ...[
    "2.7",
    "2.8",
    "2.9",
    "2.10",
    "2.11",
    "2.12",
    "2.13",
    "2.14",
    "2.15",
    "2.16",
    "2.17",
    "2.18",
    "2.19",
    "2.20",
  ],
  ...["2.21", "3.0", "3.1", "4.0", "5.0", "5.1", "5.2", "5.3", "5.4", "5.5", "5.6"],
];

/** What a request says: its query's fields if it is a GET, else those of its JSON body. */
export interface CdiInput {
  /** Whether the field is there and not `null`. */
  has(name: string): boolean;
  /** A field that must be there. @throws CdiError 400 */
  string(name: string): string;
  /** A field that may be left out if there is a value for that; it may not be `null`. @throws CdiError 400 */
  boolean(name: string, absent?: boolean): boolean;
  /** A field that must be there; of a fraction, what is before the point. @throws CdiError 400 */
  integer(name: string): number;
  /** A field that must be there. @throws CdiError 400 */
  object(name: string): JsonObject;
  /** A field that must be there. @throws CdiError 400 */
  list(name: string): readonly JsonValue[];
}

/** A request that has been let through to a route of the interface. */
export interface CdiCall {
  readonly request: RequestView;
  readonly input: CdiInput;
  /** The tenant of the path; `"public"` if it names none. */
  readonly tenantId: string;
  /** Who is calling. */
  readonly author: Author;
}

/** A row of a core's table. */
export interface CdiRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Without the prefixes of app and tenant. */
  readonly path: string;
  /**
   * Which prefixes it may have. `core`: an app's; it takes no body. `app`: a tenant's too, but of tenants only `public`
   * is served. `tenant`: any tenant's.
   */
  readonly scope: "core" | "app" | "tenant";
  /** Whether it is answered without a key. @default false */
  readonly open?: boolean | undefined;
  /** Answers with an object, which is sent as JSON, or with a text. */
  readonly handle: (call: CdiCall) => object | string | Promise<object | string>;
}

/** A part of a core. */
export interface CdiPart {
  readonly name: string;
  /**
   * Whether whoever reaches it may call it, with no API key. Else the key of the header `api-key` must be one of the
   * engine's `adminKeys`. Without a key a body must be of the type `application/json`, which a page of another site
   * cannot send unasked.
   * @default false
   */
  readonly allowWithoutKey?: boolean | undefined;
  /** The versions of the interface that it answers. @default all */
  readonly versions?: readonly string[] | undefined;
  /** The app that it is: a path may begin with `/appid-<app>`. @default "public" */
  readonly appId?: string | undefined;
  /** The tenants that are there, in lower case. @default ["public"] */
  readonly tenants?: readonly string[] | undefined;
  routes(engine: Engine): readonly CdiRoute[];
}

/** A refusal in the words of the interface: a status and a text. */
export class CdiError extends Error {
  /** The HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "CdiError";
    this.status = status;
  }
}

/**
 * A dialect of the Core Driver Interface: the prefixes of app and tenant, the header `cdi-version`, API keys, and errors
 * as text. An engine is one app.
 *
 * @example
 * ```ts
 * import { createUserMetadata, memoryStore } from "@usermeta/core";
 * import { cdiDialect } from "@usermeta/core/supertokens";
 *
 * const hello = cdiDialect({
 *   name: "hello",
 *   routes: () => [{ method: "GET", path: "/hello", scope: "core", open: true, handle: () => "Hello" }],
 * });
 * const metadata = createUserMetadata({ store: memoryStore(), dialects: [hello] });
 * console.log(metadata.routes.map(({ path }) => path)); // [ "/hello"…
 * ```
 */
export const cdiDialect = (part: CdiPart): Dialect => ({
  name: part.name,
  routing: "servlet",
  routes: (engine) =>
    part.routes(engine).flatMap((route) => {
      const keyless = part.allowWithoutKey === true || route.open === true;
      return PREFIXES[route.scope].map((prefix) =>
        toRoute(route, prefix, { ...part, keyless, maxBytes: engine.limits.maxBodyBytes }),
      );
    }),
  toOutcome,
  readAdminKey: (request) => request.header("api-key")?.trim(),
});

const APP = ["", "/appid-:appId"] as const;
// An app's prefix goes first, as it could be taken for a tenant's.
const TENANT = [...APP, "/appid-:appId/:tenantId", "/:tenantId"] as const;
const PREFIXES: Readonly<Record<CdiRoute["scope"], readonly string[]>> = {
  core: APP,
  app: TENANT,
  tenant: TENANT,
};
const PUBLIC = "public";
const READS = ["application/json"] as const;

interface Served extends Pick<CdiPart, "versions" | "appId" | "tenants"> {
  readonly keyless: boolean;
  /** Bytes in a body. */
  readonly maxBytes: number;
}

const toRoute = ({ method, path, scope, handle }: CdiRoute, prefix: string, served: Served): Route => ({
  method,
  path: prefix + path,
  who: served.keyless ? "anyone" : "admin",
  reads: method === "GET" || scope === "core" ? [] : READS,
  answers: "object",
  handle: async ({ request, parameters, author }) => {
    checkVersion(request, served.versions ?? CDI_VERSIONS);
    const tenantId = toTenantId(parameters, scope, served);
    const isQuery = method === "GET" || scope === "core";
    const input = isQuery ? readQuery(request) : await readFields(request, served);
    const answer = await Promise.resolve(handle({ request, input, tenantId, author })).catch(tellWhole);
    return typeof answer === "string" ? text(200, answer) : jsonOutcome(answer, NO_STORE);
  },
});

/** Whoever may call here reads and writes the tier: without a key too, nothing of a refusal is kept from them. */
const tellWhole = (error: unknown): never => {
  throw UserMetadataError.is(error) && error.status === 422 ? new CdiError(400, error.message) : error;
};

const NO_STORE = { "cache-control": "no-store" };

const checkVersion = (request: RequestView, versions: readonly string[]): void => {
  const version = request.header("cdi-version");
  if (version === undefined || versions.includes(version)) return;
  throw new CdiError(400, `cdi-version ${version.slice(0, 32)} not supported`);
};

/** The tenant of a path. @throws CdiError for an app or a tenant that is not there */
const toTenantId = (
  { appId, tenantId = PUBLIC }: RouteCall["parameters"],
  scope: CdiRoute["scope"],
  { appId: served = PUBLIC, tenants = [PUBLIC] }: Served,
): string => {
  const [app, tenant] = [(appId ?? served).toLowerCase(), tenantId.toLowerCase()];
  const isThere = app === served.toLowerCase();
  if (isThere && scope === "app" && tenant !== PUBLIC)
    throw new CdiError(403, "Only public tenantId can call this app specific API");
  if (isThere && tenants.includes(tenant)) return tenant;
  throw new CdiError(
    400,
    `AppId or tenantId not found => Tenant with the following connectionURIDomain, appId and tenantId combination not found: (, ${app}, ${tenant})`,
  );
};

const readQuery = ({ query }: RequestView): CdiInput => {
  if (/%(?![\da-f]{2})/i.test(query)) throw new CdiError(400, "The query is not percent-encoded");
  // Of a name that is there twice, the first counts.
  const fields = Object.fromEntries([...new URLSearchParams(query)].reverse());
  return toInput(fields, (name) => `Field name '${name}' is missing in GET request`);
};

const readFields = async (request: RequestView, { keyless, maxBytes }: Served): Promise<CdiInput> => {
  const value = keyless
    ? (await readBody(request, READS, maxBytes)).value
    : parseJson(checkSent(await request.body(maxBytes)));
  if (!isJsonObject(value)) throw new CdiError(400, INVALID_JSON);
  return toInput(value, (name) => `Field name '${name}' is invalid in JSON input`);
};

const toInput = (fields: JsonObject, refusal: (name: string) => string): CdiInput => {
  const has = (name: string): boolean => Object.hasOwn(fields, name) && fields[name] !== null;
  const demand = <T extends JsonValue>(name: string, is: (value: unknown) => value is T): T => {
    const value = has(name) ? fields[name] : undefined;
    if (is(value)) return value;
    throw new CdiError(400, refusal(name));
  };
  return {
    has,
    string: (name) => demand(name, isString),
    boolean: (name, absent) =>
      absent !== undefined && !Object.hasOwn(fields, name)
        ? absent
        : String(demand(name, isBoolean)) === "true",
    integer: (name) => Math.trunc(demand(name, isNumber)),
    object: (name) => demand(name, isJsonObject),
    list: (name) => demand(name, isList),
  };
};

const isString = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isList = (value: unknown): value is JsonValue[] => Array.isArray(value);
/** In a query a number or a boolean is text. */
const isBoolean = (value: unknown): value is boolean | "true" | "false" =>
  typeof value === "boolean" || value === "true" || value === "false";

const INVALID_JSON = "Invalid Json Input";
const INVALID_KEY = "Invalid API key";

/** The interface's own words for refusals that are not its own. */
const TEXTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  admin_key_invalid: INVALID_KEY,
  admin_key_missing: INVALID_KEY,
  body_missing: INVALID_JSON,
  json_invalid: INVALID_JSON,
  method_not_allowed: "Method not supported",
  path_unknown: "Not found",
};

const toOutcome = (failure: unknown): Outcome => {
  if (failure instanceof CdiError) return text(failure.status, failure.message);
  const { status, headers, error } = errorOutcome(failure);
  const { "www-authenticate": _, ...kept } = headers;
  if (error) return { ...text(status, "Internal Error", kept), error };
  const { code, message } = failure as UserMetadataError;
  // Of a body that cannot be stored the interface knows 400 alone.
  return text(status === 422 ? 400 : status, TEXTS[code] ?? message, kept);
};

const text = (status: number, body: string, headers: Outcome["headers"] = NO_STORE): Outcome => ({
  status,
  headers: { ...headers, "content-type": "text/plain; charset=utf-8" },
  body,
});
