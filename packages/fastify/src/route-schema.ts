import type { RouteInfo } from "@usermeta/core";

/** Names of security schemes, by the kind of caller that a route admits. */
export type SecuritySchemes = Readonly<Partial<Record<RouteInfo["who"], string>>>;

const OBJECT = { type: "object" };
const contentOf = (type: string) => ({ description: type, content: { [type]: { schema: OBJECT } } });

/** The schema of a route, as @fastify/swagger reads it. It finds the path's parameters by itself. */
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
