/** A real server with the metadata routes, whose connections a test can break at any point. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createUserMetadata,
  jwtSessions,
  memoryStore,
  tokenIssuer,
  type UserMetadataEngine,
} from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import express from "express";
import { onTestFinished } from "vitest";

/** What stands between the client and the server: it may answer itself, or change what becomes of the answer. */
export type Between = (request: IncomingMessage, response: ServerResponse, pass: () => void) => void;

/** A server for one test. */
export interface TestServer {
  readonly url: string;
  readonly metadata: UserMetadataEngine;
  /** Every request as "METHOD /path", in order. */
  readonly requests: string[];
  between: Between;
}

const WHO = { issuer: "test", audience: "test" };

/** Starts one, with `GET /card` for fresh tokens alone; it stops with the test. */
export const startServer = async (): Promise<TestServer> => {
  const issuer = tokenIssuer(WHO);
  const metadata = createUserMetadata({
    store: memoryStore(),
    sessions: jwtSessions({ ...WHO, keys: issuer.jwks }),
    issuer,
    claims: { template: { theme: "{{unsafe.theme}}" } },
    history: {},
  });
  const app = express();
  app.use("/auth", userMetadata(metadata));
  app.all("/card", verifySession(metadata, { fresh: true }), (request, response) => {
    response.json(getSession(request).getAccessTokenPayload());
  });
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    started.between(request, response, () => app(request, response));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const started: TestServer = { url, metadata, requests, between: (_request, _response, pass) => pass() };
  onTestFinished(async () => {
    server.closeAllConnections();
    await server[Symbol.asyncDispose]();
    await metadata.close();
  });
  return started;
};

/** Breaks the connection instead of sending what the server answered. */
export const loseAnswer = ({ socket }: IncomingMessage, response: ServerResponse, pass: () => void): void => {
  response.end = (() => {
    socket.destroy();
    return response;
  }) as ServerResponse["end"];
  pass();
};

/** Each of these once, for the requests of a method, in order; then all pass. */
export const script = (method: string, ...steps: readonly Between[]): Between => {
  const left = [...steps];
  return (request, response, pass) => {
    const step = request.method === method ? left.shift() : undefined;
    if (step) step(request, response, pass);
    else pass();
  };
};

/** Answers with a status, and a code if there is one. */
export const refuse =
  (status: number, code?: string, headers: Record<string, string> = {}): Between =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/problem+json", ...headers });
    response.end(code ? JSON.stringify({ status, code, detail: "In a test." }) : "<!doctype html>");
  };
