/** An app that TypeScript compiles to CommonJS. Compiled with old and new ways to resolve modules, then run. */
import { equal } from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createUserMetadata, jwtSessions, nativeDialect, tokenIssuer } from "@usermeta/core";
import { clerkDialect } from "@usermeta/core/clerk";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import express from "express";

const who = { issuer: "http://localhost:3000", audience: "my-app" };

export const main = async (): Promise<string> => {
  const issuer = tokenIssuer(who);
  const metadata = createUserMetadata({
    store: sqliteStore({ path: ":memory:" }),
    sessions: jwtSessions({ ...who, keys: issuer.jwks }),
    adminKeys: ["0123456789abcdef"],
    dialects: [nativeDialect(), clerkDialect()],
    issuer,
  });
  // @ts-expect-error A type that does not resolve would be any, and take everything.
  const wrong: typeof metadata = "no engine";
  equal(wrong, "no engine");

  const app = express();
  app.use("/auth", userMetadata(metadata));
  app.get("/me", verifySession(metadata), (request, response) => {
    response.json({ userId: getSession(request).getUserId() });
  });
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const headers = { authorization: `Bearer ${await metadata.issueToken("jane")}` };
  const response = await fetch(`http://127.0.0.1:${port}/me`, { headers });
  const body = await response.text();
  server.close();
  await metadata.close();
  equal(body, '{"userId":"jane"}');
  return body;
};
