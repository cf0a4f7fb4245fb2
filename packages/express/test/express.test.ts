import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createUserMetadata, memoryStore, type Session, type SessionVerifier } from "@usermeta/core";
import { getSession, userMetadata, verifySession } from "@usermeta/express";
import express, { type ErrorRequestHandler } from "express";
import request from "supertest";
import { expect, onTestFinished, test } from "vitest";
import { failingStore, issuingEngine, sessionsOf, signedIn } from "../../../test/engines.ts";

const toStatus: ErrorRequestHandler = (error, _request, response, _next) => {
  response.status(error.status).set(error.headers ?? {});
  response.json({ handledBy: "the app", code: error.code });
};

test("a refusal is answered here; a failure of the store goes to the app's error handler with its code", async () => {
  const metadata = issuingEngine();
  const failing = createUserMetadata({ store: failingStore, sessions: sessionsOf(metadata) });
  const app = express().use(userMetadata(failing)).use(toStatus);
  const refused = await request(app).get("/metadata");
  expect([refused.status, refused.body.code, refused.body.handledBy]).toEqual([
    401,
    "session_missing",
    undefined,
  ]);
  const failed = await request(app)
    .get("/metadata")
    .auth(await metadata.issueToken("jane"), { type: "bearer" });
  expect([failed.status, failed.body]).toEqual([503, { handledBy: "the app", code: "store_unavailable" }]);
  expect(failed.headers["retry-after"]).toBe("1");
});

test("getSession says which middleware is missing, and that a request is anonymous", async () => {
  const metadata = issuingEngine();
  const app = express()
    .get("/forgotten", (req, response) => void response.json(getSession(req).getUserId()))
    .get(
      "/optional",
      verifySession(metadata, { required: false }),
      (req, response) => void response.json(getSession(req).getUserId()),
    )
    .use(toStatus);
  const forgotten = await request(app).get("/forgotten");
  expect([forgotten.status, forgotten.body.code]).toEqual([500, "session_middleware_missing"]);
  const optional = await request(app).get("/optional");
  expect([optional.status, optional.body.code]).toEqual([401, "session_missing"]);
});

/** What stands on the property, which we do not declare. */
const sessionIn = (request: object) => (request as { session?: Session }).session;

test("a req.session of the app's own is left alone", async () => {
  const metadata = issuingEngine();
  const app = express()
    .use((req, _response, next) => {
      Object.assign(req, { session: { cart: 3 } });
      next();
    })
    .get(
      "/both",
      verifySession(metadata),
      (req, response) => void response.json([sessionIn(req), getSession(req).getUserId()]),
    );
  const token = await metadata.issueToken("jane");
  const { body } = await request(app).get("/both").auth(token, { type: "bearer" });
  expect(body).toEqual([{ cart: 3 }, "jane"]);
});

test("the app's own names in Vary stay", async () => {
  const metadata = issuingEngine();
  const app = express()
    .use((_req, response, next) => {
      response.vary("Origin");
      next();
    })
    .use(userMetadata(metadata));
  const { headers } = await request(app)
    .get("/metadata")
    .auth(await metadata.issueToken("jane"), { type: "bearer" });
  expect(headers.vary?.split(", ")).toEqual(["Origin", "Authorization", "Cookie"]);
});

test("of two guards, the session of the last counts", async () => {
  const metadata = issuingEngine();
  const impostor: SessionVerifier = () => ({
    getUserId: () => "joe",
    getTenantId: () => "public",
    getHandle: () => "",
    getAccessTokenPayload: () => ({}),
  });
  const other = createUserMetadata({ store: memoryStore(), sessions: impostor });
  const app = express().get("/who", verifySession(other), verifySession(metadata), (req, response) => {
    response.json([sessionIn(req)?.getUserId(), getSession(req).getUserId()]);
  });
  const { body } = await request(app)
    .get("/who")
    .auth(await metadata.issueToken("jane"), { type: "bearer" });
  expect(body).toEqual(["jane", "jane"]);
});

test.each([
  ["a Buffer", express.raw({ type: "*/*" })],
  ["a text", express.text({ type: "*/*" })],
  ["a parsed object", express.json()],
])("a body that the app has read as %s is taken from request.body", async (_, parser) => {
  const metadata = issuingEngine();
  const app = express().use(parser).use(userMetadata(metadata));
  const token = await metadata.issueToken("jane");
  const send = (body: string) =>
    request(app).post("/updateinfo").auth(token, { type: "bearer" }).type("application/json").send(body);
  expect((await send('{"name":"Zoë"}')).body.unsafeMetadata).toEqual({ name: "Zoë" });
  const refused = await send('{"n":9007199254740993}');
  expect([refused.status, refused.body.code]).toEqual([422, "json_value_refused"]);
});

test("behind a parser that keeps the bytes, the body is what was sent", async () => {
  const metadata = issuingEngine();
  const verify = (sent: object, _response: unknown, rawBody: Buffer) => void Object.assign(sent, { rawBody });
  const app = express().use(express.json({ verify }), userMetadata(metadata));
  const headers = { ...(await signedIn(metadata)), "content-type": "application/json" };
  const server = app.listen(0, "127.0.0.1");
  onTestFinished(() => server[Symbol.asyncDispose]());
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metadata`;
  const put = async (body: string | Uint8Array<ArrayBuffer>) => {
    const answer = await fetch(url, { method: "PUT", headers, body });
    const { code, unsafeMetadata } = (await answer.json()) as Record<string, unknown>;
    return [answer.status, code ?? unsafeMetadata];
  };
  const exact = { big: 1e20, replaced: "\ufffd" };
  expect(await put(JSON.stringify(exact))).toEqual([200, exact]);
  expect(await put(Uint8Array.from(Buffer.from('{"a":"\xff"}', "latin1")))).toEqual([400, "json_invalid"]);
  expect(await put("\ufeff")).toEqual([400, "body_missing"]);
  expect(await put("{}\n")).toEqual([200, {}]);
});
