import type { RequestBody, RequestView } from "@usermeta/core";
import { limitBody } from "@usermeta/node";
import { type LambdaEvent, type LambdaEventV1, pairsOf } from "./event.ts";

/** Sees an event as the core does. */
export const toRequestView = (event: LambdaEvent): RequestView => ({
  method: "rawPath" in event ? event.requestContext.http.method : event.httpMethod,
  path: readPath(event),
  query: "rawPath" in event ? event.rawQueryString : readQuery(event),
  // A parser that has read the body has decoded it too.
  header: (name) => (name === "content-encoding" && isParsed(event) ? undefined : readHeader(event, name)),
  body: async (maxBytes) => readBody(event, maxBytes),
  raw: event,
});

/**
 * The path, as it was sent. A REST API, a function URL and a load balancer hand it over like that. An HTTP API decodes
 * it, in both formats, and puts the name of its stage before it.
 */
const readPath = (event: LambdaEvent): string => {
  // Netlify decodes `path`. Not by `new URL`, which would resolve dot segments.
  if ("rawUrl" in event) return /^[^:/]+:\/\/[^/?#]*([^?#]*)/.exec(event.rawUrl ?? "")?.[1] || "/";
  const path = "rawPath" in event ? event.rawPath : event.path;
  const { stage = "", domainName = "" } = event.requestContext ?? {};
  const isHttpApi = "rawPath" in event ? !domainName.includes(".lambda-url.") : event.version !== undefined;
  if (!isHttpApi) return path;
  const rest = stage !== "$default" && path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path;
  // Encoded again, because the core decodes: a client that sent "%2540" means "%40", not "@".
  return rest.toWellFormed().split("/").map(encodeURIComponent).join("/");
};

const readQuery = (event: LambdaEventV1): string => {
  const pairs = pairsOf(event.multiValueQueryStringParameters, event.queryStringParameters);
  // A load balancer does not decode them.
  if (event.requestContext?.elb) return pairs.map((pair) => pair.join("=")).join("&");
  return String(new URLSearchParams(pairs));
};

const readHeader = (event: LambdaEvent, name: string): string | undefined => {
  // A function URL repeats the cookies in `headers`.
  if (name === "cookie" && "cookies" in event && event.cookies?.length) return event.cookies.join("; ");
  const lists = "rawPath" in event ? undefined : event.multiValueHeaders;
  // A REST API does not change the case of names.
  const found = pairsOf(lists, event.headers).filter(([each]) => each.toLowerCase() === name);
  const text = found.map(([, value]) => value).join(name === "cookie" ? "; " : ", ");
  return found.length === 0 ? undefined : text;
};

const isParsed = ({ body }: LambdaEvent): boolean =>
  typeof body !== "string" && body !== undefined && body !== null;

const readBody = (event: LambdaEvent, maxBytes: number): RequestBody => {
  const { body, isBase64Encoded } = event;
  if (typeof body !== "string") return isParsed(event) ? { parsed: body } : "";
  return limitBody(isBase64Encoded ? Buffer.from(body, "base64") : body, maxBytes);
};
