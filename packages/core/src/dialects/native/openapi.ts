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
const COUNT: Node = { type: "integer" };
const TIER: Node = { type: "object" };
const TIME: Node = { type: ["integer", "null"], description: "ms since 1970" };
const USER_ID: Node = { ...TEXT, minLength: 1, maxLength: 128 };
const CLAIMS: Node = { type: "array", items: TEXT };
const PUBLIC: Node = { publicMetadata: TIER, unsafeMetadata: TIER };
const PRIVATE: Node = { privateMetadata: TIER, claims: CLAIMS };
const USER: Node = { userId: USER_ID, ...PUBLIC, version: COUNT, createdAt: TIME, updatedAt: TIME };

const SCHEMAS: Node = {
  UserMetadata: object(USER),
  AdminMetadata: object({ ...USER, ...PRIVATE }),
  Update: object({ ...PUBLIC, ...PRIVATE }, { additionalProperties: false }),
  Tier: TIER,
  JsonPatch: { type: "array", items: object({ op: TEXT, path: TEXT }) },
  Problem: object({ type: TEXT, status: COUNT, detail: TEXT, code: TEXT }),
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
  "GET /users": "Find users by what a tier contains",
  "GET /.well-known/jwks.json": "The public keys of the access tokens",
  "GET /openapi.json": "This document",
};

/** The route table as an OpenAPI 3.1 document. Its paths are relative to the place where it is served, so that it holds behind any prefix. */
export const openApi = (routes: readonly RouteInfo[]): Node => {
  const paths: Record<string, Record<string, Node>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
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

const operation = ({ method, path, who, reads, answers }: RouteInfo): Node => {
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: USER_ID,
  }));
  const body = ref(who === "admin" ? "Update" : "Tier");
  const types = reads.map((type) => [
    type,
    { schema: type.includes("json-patch") ? ref("JsonPatch") : body },
  ]);
  return {
    operationId: method.toLowerCase() + path.replace(/\W+(\w?)/g, (_, first: string) => first.toUpperCase()),
    summary: SUMMARIES[`${method} ${path}`],
    security: who === "anyone" ? [] : [{ [who]: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(types.length > 0 && { requestBody: { content: Object.fromEntries(types) } }),
    responses: {
      ...(answers === "nothing"
        ? { 204: { description: "Done" } }
        : {
            200: {
              description: "OK",
              ...content("application/json", answers === "object" ? TIER : ref(answers)),
            },
          }),
      default: { description: "An error", ...content("application/problem+json", ref("Problem")) },
    },
  };
};
