import type { RouteInfo } from "../../http/route.ts";

type Node = Readonly<Record<string, unknown>>;

const ref = (name: string): Node => ({ $ref: `#/components/schemas/${name}` });
const content = (type: string, schema: Node): Node => ({ content: { [type]: { schema } } });
const object = (properties: Node, rest: Node = { required: Object.keys(properties) }): Node => ({
  type: "object",
  properties,
  ...rest,
});

const TEXT: Node = { type: "string" };
const COUNT: Node = { type: "integer", minimum: 0 };
const TIER: Node = { type: "object" };
const TIME: Node = { type: ["integer", "null"], description: "ms since 1970" };
const USER_ID: Node = {
  ...TEXT,
  minLength: 1,
  maxLength: 255,
  pattern: "^(?!\\.*$)[^\\u0000-\\u001f\\u007f-\\u009f]*$",
};
const CLAIMS: Node = { type: "array", items: TEXT };
const PUBLIC: Node = { publicMetadata: TIER, unsafeMetadata: TIER };
const PRIVATE: Node = { privateMetadata: TIER, claims: CLAIMS };
const USER: Node = { userId: USER_ID, ...PUBLIC, version: COUNT, createdAt: TIME, updatedAt: TIME };
const POINTER: Node = { ...TEXT, pattern: "^(/([^~/]|~[01])*)*$", description: "a JSON Pointer (RFC 6901)" };

const operations = (names: readonly string[], members: Node): Node =>
  object({ op: { enum: names }, path: POINTER, ...members });

const TIERS: Node = { type: "array", items: { enum: ["public", "private", "unsafe"] } };
const ACTOR: Node = object({
  kind: { enum: ["user", "admin", "app", "import"] },
  id: TEXT,
  via: { ...TEXT, description: "The dialect that it came by, or core, or cli" },
});
const CHANGE: Node = object(
  { op: { enum: ["add", "replace", "remove"] }, path: POINTER, value: {}, was: {} },
  { required: ["op", "path"] },
);
const ENTRY: Node = {
  action: { enum: ["update", "clear", "rollback", "erase"] },
  version: COUNT,
  at: { ...COUNT, description: "ms since 1970" },
  changes: { type: "array", items: CHANGE },
};
const ENTRY_HAS: Node = { required: [...Object.keys(ENTRY), "by"] };
const page = (entry: Node): Node =>
  object({ entries: { type: "array", items: entry }, cursor: TEXT }, { required: ["entries"] });

const SCHEMAS: Node = {
  UserMetadata: object(USER),
  AdminMetadata: object({ ...USER, ...PRIVATE }),
  Written: object(
    {
      claimsChanged: { const: true, description: "The next token of the user differs from the present one." },
      message: { ...TEXT, description: "Of POST /updateinfo." },
    },
    {},
  ),
  Users: object(
    {
      users: { type: "array", items: ref("AdminMetadata") },
      corrupt: {
        type: "array",
        items: TEXT,
        description: "Users whose documents cannot be read, if there are any.",
      },
      cursor: TEXT,
    },
    { required: ["users"] },
  ),
  PastMetadata: object({ ...USER, ...PRIVATE }, { required: ["userId", "version"] }),
  History: page(ref("HistoryEntry")),
  OwnHistory: page(ref("OwnHistoryEntry")),
  HistoryEntry: object({ ...ENTRY, previous: COUNT, by: ACTOR, reason: TEXT, restored: COUNT }, ENTRY_HAS),
  OwnHistoryEntry: object({ ...ENTRY, by: { enum: ["user", "server"] }, reason: TEXT }, ENTRY_HAS),
  Rollback: object(
    { version: { ...COUNT, minimum: 1, maximum: Number.MAX_SAFE_INTEGER }, tiers: { ...TIERS, minItems: 1 } },
    { required: ["version"], additionalProperties: false },
  ),
  ErasureReceipt: object(
    { digest: TEXT, at: COUNT, version: COUNT, entries: COUNT, by: ACTOR, reason: TEXT },
    { required: ["digest", "at", "version", "entries", "by"] },
  ),
  Update: object({ ...PUBLIC, ...PRIVATE }, { additionalProperties: false }),
  Tier: TIER,
  Json: {},
  JsonPatch: {
    type: "array",
    items: {
      oneOf: [
        operations(["add", "replace", "test"], { value: {} }),
        operations(["remove"], { path: { ...POINTER, minLength: 1 } }),
        operations(["move", "copy"], { from: POINTER }),
      ],
    },
  },
  Problem: object(
    { type: TEXT, status: COUNT, detail: TEXT, code: TEXT, details: TIER },
    { required: ["type", "status", "detail", "code"] },
  ),
};

const SUMMARIES: Readonly<Record<string, string>> = {
  "POST /updateinfo": "Update the caller's metadata",
  "GET /metadata": "Read the caller's metadata",
  "PATCH /metadata": "Merge into the caller's unsafe metadata",
  "PUT /metadata": "Replace the caller's unsafe metadata",
  "DELETE /metadata": "Clear the caller's unsafe metadata",
  "GET /users/:userId/metadata": "Read all metadata of a user",
  "PATCH /users/:userId/metadata": "Merge into the tiers named",
  "PUT /users/:userId/metadata": "Replace the tiers named",
  "DELETE /users/:userId/metadata": "Remove all metadata of a user",
  "GET /metadata/history": "Read the history of the caller's metadata",
  "GET /users/:userId/history": "Read the history of a user's metadata",
  "POST /users/:userId/rollback": "Write a version that equals an old one",
  "POST /users/:userId/erase": "Remove all metadata of a user and its history",
  "GET /users": "Find users by what a tier contains",
  "GET /.well-known/jwks.json": "The public keys of the access tokens",
  "GET /openapi.json": "This document",
};

const parameter = (place: "header" | "query", name: string, rest: Node): Node => ({
  name,
  in: place,
  ...rest,
});
const TAGS: Node = { schema: TEXT, description: "A version as an ETag, a list of such, or *" };
const IF_MATCH = parameter("header", "If-Match", TAGS);
const IF_NONE_MATCH = parameter("header", "If-None-Match", TAGS);
const SEARCH: readonly Node[] = [
  parameter("query", "limit", { schema: { type: "integer", minimum: 1, maximum: 500, default: 100 } }),
  parameter("query", "cursor", { schema: TEXT, description: "The cursor of the page before" }),
  parameter("query", "where", {
    style: "form",
    explode: true,
    description: "Of one tier: public.plan=pro, or private.…, unsafe.…; a path of keys has dots",
    schema: {
      type: "object",
      propertyNames: { pattern: "^(public|private|unsafe)\\." },
      additionalProperties: TEXT,
    },
  }),
];

/**
 * The route table as an OpenAPI 3.1 document. Its paths are relative to the place where it is served, so that it holds
 * behind any prefix.
 * @param hasUpdateInfo whether the app decides what `POST /updateinfo` writes: then its body is any JSON, or none
 */
export const openApi = (routes: readonly RouteInfo[], hasUpdateInfo: boolean): Node => {
  const paths: Record<string, Record<string, Node>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    const isOpen = hasUpdateInfo && route.path === "/updateinfo";
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, isOpen) };
  }
  const bearer = { type: "http", scheme: "bearer" };
  return {
    openapi: "3.1.0",
    info: { title: "usermeta", version: "1" },
    servers: [{ url: "." }],
    paths,
    components: { schemas: SCHEMAS, securitySchemes: { session: bearer, admin: bearer } },
  };
};

const operation = (route: RouteInfo, isOpen: boolean): Node => {
  const { method, path, who } = route;
  const parameters = readParameters(route);
  return {
    operationId: method.toLowerCase() + path.replace(/\W+(\w?)/g, (_, first: string) => first.toUpperCase()),
    summary: SUMMARIES[`${method} ${path}`],
    security: who === "anyone" ? [] : [{ [who]: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(route.reads.length > 0 && { requestBody: { required: !isOpen, content: readBodies(route, isOpen) } }),
    responses: responses(route),
  };
};

/** Whether it is about the document of one user, whose version is its ETag. */
const isOfDocument = ({ path }: RouteInfo): boolean => /metadata$|updateinfo$|rollback$/.test(path);

/** What answers of type `object` are, by path. */
const OBJECTS: Readonly<Record<string, Node>> = {
  "/users": ref("Users"),
  "/metadata/history": ref("OwnHistory"),
  "/users/:userId/history": ref("History"),
  "/users/:userId/erase": ref("ErasureReceipt"),
};

const REASON = parameter("header", "Usermeta-Reason", {
  schema: TEXT,
  description: "Why it is written, for the history: percent-encoded UTF-8, 256 characters at most",
});
const PAGE_OF_HISTORY: readonly Node[] = [
  parameter("query", "limit", { schema: { type: "integer", minimum: 1, maximum: 500, default: 50 } }),
  parameter("query", "cursor", { schema: TEXT, description: "The cursor of the page before" }),
];
const PART_OF_HISTORY: readonly Node[] = [
  parameter("query", "tier", { schema: TIERS.items, description: "Only writes that changed it" }),
  parameter("query", "actor", { schema: TEXT, description: "Only writes by an actor with this id" }),
];
const PAST: readonly Node[] = [
  parameter("query", "version", { schema: COUNT, description: "Answers the metadata of this version" }),
  parameter("query", "at", { schema: TEXT, description: "Answers it as it was: ISO 8601, or ms since 1970" }),
];

const readParameters = (route: RouteInfo): readonly Node[] => {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: USER_ID,
  }));
  const { path, method, who } = route;
  if (path === "/users") return SEARCH;
  if (path.endsWith("/history"))
    return [...inPath, ...PAGE_OF_HISTORY, ...(who === "admin" ? PART_OF_HISTORY : [])];
  if (path.endsWith("/erase")) return [...inPath, IF_MATCH, IF_NONE_MATCH, REASON];
  if (!isOfDocument(route)) return inPath;
  if (method !== "GET") return [...inPath, IF_MATCH, IF_NONE_MATCH, REASON];
  return [...inPath, IF_NONE_MATCH, ...(who === "admin" ? PAST : [])];
};

const readBodies = ({ who, reads, path }: RouteInfo, isOpen: boolean): Node => {
  const update = who === "admin" ? "Update" : "Tier";
  const body = ref(isOpen ? "Json" : path.endsWith("/rollback") ? "Rollback" : update);
  return Object.fromEntries(
    reads.map((type) => [type, { schema: type.includes("json-patch") ? ref("JsonPatch") : body }]),
  );
};

const responses = (route: RouteInfo): Node => {
  const { method, path, answers } = route;
  const headers = isOfDocument(route) && { headers: { ETag: { schema: TEXT, description: "The version" } } };
  const failed = { description: "An error", ...content("application/problem+json", ref("Problem")) };
  if (answers === "nothing") return { 204: { description: "Done" }, default: failed };
  const described = answers === "object" ? (OBJECTS[path] ?? TIER) : ref(answers);
  const mayBePast = method === "GET" && answers === "AdminMetadata";
  const view = mayBePast ? { anyOf: [described, ref("PastMetadata")] } : described;
  const schema = headers && method !== "GET" ? { allOf: [view, ref("Written")] } : view;
  return {
    200: { description: "OK", ...headers, ...content("application/json", schema) },
    ...(headers && method === "GET" && { 304: { description: "The caller has this version", ...headers } }),
    default: failed,
  };
};
