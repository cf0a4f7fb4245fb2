import type { RouteInfo } from "./route.ts";

type Node = Readonly<Record<string, unknown>>;

const ref = (name: string): Node => ({ $ref: `#/components/schemas/${name}` });
const content = (type: string, schema: Node): Node => ({ content: { [type]: { schema } } });
const object = (properties: Node, rest: Node = {}): Node => ({ type: "object", properties, ...rest });

const TIER: Node = { type: "object", description: "Any JSON object." };
const TIME: Node = { type: ["integer", "null"], description: "ms since 1970" };
const USER: Node = {
  userId: { type: "string", minLength: 1, maxLength: 128 },
  publicMetadata: TIER,
  unsafeMetadata: TIER,
  version: { type: "integer", minimum: 0 },
  createdAt: TIME,
  updatedAt: TIME,
};
const CLAIMS: Node = { type: "array", items: { type: "string" }, description: "Root keys of publicMetadata that go into tokens." };

const SCHEMAS: Node = {
  UserMetadata: object({ message: { type: "string" }, ...USER }, { required: Object.keys(USER) }),
  AdminMetadata: object({ ...USER, privateMetadata: TIER, claims: CLAIMS }, { required: [...Object.keys(USER), "privateMetadata", "claims"] }),
  Update: object(
    { publicMetadata: TIER, privateMetadata: TIER, unsafeMetadata: TIER, claims: CLAIMS },
    { additionalProperties: false },
  ),
  Tier: TIER,
  JsonPatch: { type: "array", items: object({ op: { type: "string" }, path: { type: "string" } }, { required: ["op", "path"] }) },
  Problem: object(
    { title: { type: "string" }, status: { type: "integer" }, detail: { type: "string" }, code: { type: "string" }, details: { type: "object" } },
    { required: ["title", "status", "detail", "code"] },
  ),
};

/** The route table as an OpenAPI 3.1 document. Paths are relative to where the routes are mounted. */
export const openApi = (routes: readonly RouteInfo[]): Node => {
  const paths: Record<string, Record<string, Node>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "usermeta", version: "1", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
    // Behind any prefix: a relative server is resolved against where this document is served.
    servers: [{ url: "." }],
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        session: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        admin: { type: "http", scheme: "bearer", description: "One of the server's admin keys." },
      },
    },
  };
};

const operation = (route: RouteInfo): Node => {
  const { method, path, who, summary, reads, answers } = route;
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: "path", required: true, schema: USER["userId"] }));
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^a-zA-Z]+(\w?)/g, (_, first: string) => first.toUpperCase())}`,
    summary,
    security: who === "anyone" ? [] : [{ [who]: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(reads.length > 0 ? { requestBody: requestBody(route) } : {}),
    responses: {
      ...(answers === "nothing"
        ? { 204: { description: "Done" } }
        : { 200: { description: "OK", ...content("application/json", answers === "object" ? TIER : ref(answers)) } }),
      default: { description: "An error", ...content("application/problem+json", ref("Problem")) },
    },
  };
};

const requestBody = ({ who, reads, path }: RouteInfo): Node => {
  const schema = ref(who === "admin" ? "Update" : "Tier");
  const types = reads.map((type) => [type, { schema: type === "application/json-patch+json" ? ref("JsonPatch") : schema }]);
  return { required: path !== "/updateinfo", content: Object.fromEntries(types) };
};
