import type { RouteInfo } from "@usermeta/core";

/** Names of security schemes, by what a caller needs. */
export type SecuritySchemes = Readonly<Partial<Record<RouteInfo["who"], string>>>;

const OBJECT = { type: "object" };
const contentOf = (type: string) => ({ description: type, content: { [type]: { schema: OBJECT } } });

/** A route's schema, as @fastify/swagger reads it; the path's parameters it finds by itself. */
export const describeRoute = (route: RouteInfo, schemes: SecuritySchemes = {}): Record<string, unknown> => {
  const { who, reads, answers } = route;
  const types = reads.map((type) => [type, { schema: type.includes("json-patch") ? {} : OBJECT }]);
  const done = answers === "nothing" ? { 204: { type: "null" } } : { 200: contentOf("application/json") };
  return {
    tags: ["usermeta"],
    description: `Caller: ${who}`,
    security: who === "anyone" ? [] : schemes[who] && [{ [schemes[who]]: [] }],
    ...(types.length > 0 && { body: { content: Object.fromEntries(types) } }),
    response: { ...done, "4xx": contentOf("application/problem+json") },
  };
};
