/**
 * A deployment replaces the files of a process that still runs. What such a process has not loaded yet is gone, so an
 * error path that imports something late would answer 500.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { messageOf, startChild } from "./child-process.ts";
import { installInto, packAll } from "./packed.ts";

const SERVER = `
import { createUserMetadata, jwtSessions, memoryStore, tokenIssuer } from "@usermeta/core";
import { userMetadata } from "@usermeta/express";
import express from "express";

const who = { issuer: "https://app.test", audience: "app" };
const issuer = tokenIssuer(who);
const sessions = jwtSessions({ ...who, keys: issuer.jwks, cookie: "session" });
const limits = { maxTierBytes: 64, maxBodyBytes: 256 };
const metadata = createUserMetadata({ store: memoryStore(), issuer, sessions, limits });
const server = express().use(userMetadata(metadata)).listen(0, "127.0.0.1", async () => {
  process.send({ port: server.address().port, token: await metadata.issueToken("jane") });
});
`;

let all: Awaited<ReturnType<typeof packAll>>;
beforeAll(async () => {
  all = await packAll();
  await installInto(all.folder, all.packed);
});
afterAll(() => all?.remove());

/** A request, with the token that it may send, and the status that it must get. */
type Call = readonly [name: string, request: string, init: (token: string) => RequestInit, status: number];

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const json =
  (body: string, type = "application/json"): Call[2] =>
  (token) => ({ headers: { ...bearer(token), "content-type": type }, body });
const patch = (operations: string) => json(operations, "application/json-patch+json");

// biome-ignore format: a table
const CALLS: readonly Call[] = [
  ["no token", "GET /metadata", () => ({}), 401],
  ["a token that is not one", "GET /metadata", () => ({ headers: bearer("x.y.z") }), 401],
  ["no admin key", "GET /users/jane/metadata", () => ({}), 401],
  ["a cookie without a proof", "DELETE /metadata", (token) => ({ headers: { cookie: `session=${token}` } }), 403],
  ["a method that is not answered", "POST /metadata", (token) => ({ headers: bearer(token) }), 405],
  ["a condition that does not hold", "DELETE /metadata", (token) => ({ headers: { ...bearer(token), "if-match": '"7"' } }), 412],
  ["a body that is not JSON", "PATCH /metadata", json("{"), 400],
  ["a body of another type", "PATCH /metadata", json("a: 1", "text/yaml"), 415],
  ["a body that is too large", "PATCH /metadata", json(`{"a":"${"x".repeat(300)}"}`), 413],
  ["a tier that is too large", "PATCH /metadata", json(`{"a":"${"x".repeat(100)}"}`), 422],
  ["a JSON Patch that is malformed", "PATCH /metadata", patch('[{"op":"?"}]'), 422],
  ["a JSON Patch whose test fails", "PATCH /metadata", patch('[{"op":"test","path":"/a","value":1}]'), 409],
  ["a value that is refused", "PATCH /metadata", json('{"a":"\\ud800"}'), 422],
  ["all is well", "PATCH /metadata", json('{"theme":"dark"}'), 200],
];

test("a process whose files are gone still answers its errors", async () => {
  const file = join(all.folder, "server.mjs");
  writeFileSync(file, SERVER);
  const child = startChild(file);
  const { port, token } = (await messageOf(child)) as { readonly port: number; readonly token: string };
  for (const name of ["core", "node", "express"])
    rmSync(join(all.folder, "node_modules/@usermeta", name, "dist"), { recursive: true });

  const answers = [];
  for (const [name, request, init] of CALLS) {
    const [method = "", path] = request.split(" ");
    const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { ...init(token), method });
    answers.push([name, status]);
  }
  expect(answers).toEqual(CALLS.map(([name, , , status]) => [name, status]));
});
