import { createServer, type IncomingMessage, type Server } from "node:http";
import { buffer } from "node:stream/consumers";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** What is behind the gateway. */
export type Handler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** FOR DEVELOPMENT ONLY: what a function URL does, on this machine and for one function. */
export const createGateway = (handler: Handler): Server =>
  createServer(async (request, response) => {
    try {
      const {
        statusCode = 200,
        headers = {},
        cookies = [],
        body = "",
      } = await handler(await toEvent(request));
      response.writeHead(statusCode, { ...headers, ...(cookies.length > 0 && { "set-cookie": cookies }) });
      response.end(body);
    } catch (error) {
      console.error(error);
      response.writeHead(502).end("Internal Server Error");
    }
  });

const toEvent = async (request: IncomingMessage): Promise<APIGatewayProxyEventV2> => {
  const { pathname, search } = new URL(request.url ?? "/", "http://localhost");
  const { cookie, ...headers } = request.headersDistinct;
  const lists = Object.entries(headers);
  const now = new Date();
  const routeKey = "$default";
  return {
    version: "2.0",
    routeKey,
    rawPath: pathname,
    rawQueryString: search.slice(1),
    ...(cookie && { cookies: cookie.flatMap((line) => line.split("; ")) }),
    headers: Object.fromEntries(lists.map(([name, values]) => [name, values?.join(",")])),
    requestContext: {
      accountId: "anonymous",
      apiId: "local",
      domainName: "local.lambda-url.localhost",
      domainPrefix: "local",
      http: {
        method: request.method ?? "GET",
        path: pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId: crypto.randomUUID(),
      routeKey,
      stage: "$default",
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    body: (await buffer(request)).toString("base64"),
    isBase64Encoded: true,
  };
};
