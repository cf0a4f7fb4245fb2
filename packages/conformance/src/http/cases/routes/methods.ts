import assert from "node:assert/strict";
import type { HttpAnswer } from "../../client.ts";
import { send, sendRaw } from "../../client.ts";
import type { HttpCase, HttpContext } from "../../contract.ts";
import { expectJson, expectProblem, expectRefused, listOf } from "../../expectations.ts";
import { ADMIN_KEY, seededUser, storedUnsafe } from "../../fixtures.ts";

const ALLOWED = {
  "/updateinfo": ["OPTIONS", "POST"],
  "/metadata": ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT"],
  "/users/jane/metadata": ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT"],
  "/metadata/history": ["GET", "HEAD", "OPTIONS"],
  "/users/jane/history": ["GET", "HEAD", "OPTIONS"],
  "/users/jane/rollback": ["OPTIONS", "POST"],
  "/users/jane/erase": ["OPTIONS", "POST"],
  "/.well-known/jwks.json": ["GET", "HEAD", "OPTIONS"],
  "/openapi.json": ["GET", "HEAD", "OPTIONS"],
} as const;

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

const sameHead = (head: HttpAnswer, get: HttpAnswer): void => {
  assert.equal(head.status, get.status);
  assert.equal(head.bytes.length, 0);
  for (const name of ["content-type", "content-length", "etag", "www-authenticate"]) {
    assert.equal(head.headers.get(name), get.headers.get(name), name);
  }
  assert.equal(head.headers.get("content-length"), String(get.bytes.length));
};

const headAndGet = async (
  context: HttpContext,
  path: string,
  bearer: string | undefined,
): Promise<HttpAnswer> => {
  const request = { path, ...(bearer === undefined ? {} : { bearer }) };
  const head = await send(context, { ...request, method: "HEAD" });
  sameHead(head, await send(context, request));
  return head;
};

/** HEAD, OPTIONS, and the methods that a path does not have. */
export const methodCases: readonly HttpCase[] = [
  {
    name: "HEAD answers as GET, without the body",
    async run(context) {
      const user = await seededUser(context);
      const write = { unsafeMetadata: { bytes: "æøå" } };
      await context.engine.updateUserMetadata(user.id, write);
      assert.equal((await headAndGet(context, "/metadata", user.token)).status, 200);
      assert.equal((await headAndGet(context, user.adminPath, ADMIN_KEY)).status, 200);
    },
  },
  {
    name: "HEAD answers a refusal as GET, without the body",
    async run(context) {
      const user = await seededUser(context);
      assert.equal((await headAndGet(context, "/metadata", undefined)).status, 401);
      assert.equal((await headAndGet(context, "/metadata", "garbage")).status, 401);
      assert.equal((await headAndGet(context, user.adminPath, undefined)).status, 401);
      assert.equal((await headAndGet(context, "/users/%ZZ/metadata", ADMIN_KEY)).status, 400);
      const head = await send(context, { method: "HEAD", path: "/updateinfo" });
      assert.equal(head.status, 405);
    },
  },
  {
    name: "OPTIONS answers 204 with Allow, with no session",
    async run(context) {
      for (const [path, allowed] of Object.entries(ALLOWED)) {
        const answer = await send(context, { method: "OPTIONS", path });
        assert.equal(answer.status, 204, `${path}: ${answer.text}`);
        assert.deepEqual(listOf(answer, "allow"), allowed, path);
        assert.equal(answer.headers.get("content-type"), null);
      }
    },
  },
  {
    name: "another method is a 405 with Allow, with no session",
    async run(context) {
      for (const [path, allowed] of Object.entries(ALLOWED)) {
        const others = METHODS.filter(
          (method) => method !== "HEAD" && !(allowed as readonly string[]).includes(method),
        );
        for (const method of others) {
          const answer = await send(context, { method, path });
          const problem = expectProblem(answer, [405, "method_not_allowed"]);
          assert.deepEqual(listOf(answer, "allow"), allowed, path);
          const { allow } = problem.details as { allow: string[] };
          assert.deepEqual(allow.toSorted(), allowed);
        }
      }
    },
  },
  {
    name: "another method with a body writes nothing, and the connection stays usable",
    async run(context) {
      const user = await seededUser(context);
      const request = { method: "POST", path: "/metadata", bearer: user.token, type: "application/json" };
      const body = { json: { written: "x".repeat(1000) } };
      for (let round = 0; round < 3; round += 1) {
        await expectRefused(context, user, { ...request, body }, [405, "method_not_allowed"]);
      }
    },
  },
  {
    name: "a method override in a header or the query is not followed",
    async run(context) {
      const user = await seededUser(context);
      const headers = { "x-http-method-override": "DELETE", "x-method-override": "DELETE" };
      const request = { path: "/metadata?_method=DELETE", bearer: user.token, headers };
      expectJson(await send(context, request));
      assert.deepEqual(await storedUnsafe(context, user), { theme: "light", nested: { keep: 1 } });
    },
  },
  {
    name: "Expect: 100-continue is met",
    needs: "abort",
    async run(context) {
      const user = await seededUser(context);
      const headers = [
        ["Authorization", `Bearer ${user.token}`],
        ["Content-Type", "application/json"],
        ["Expect", "100-continue"],
      ] as const;
      const body = '{"written":1}';
      expectJson(await sendRaw(context, { method: "PUT", target: "/metadata", headers, body }));
      assert.deepEqual(await storedUnsafe(context, user), { written: 1 });
    },
  },
  {
    name: "two different Content-Type headers are a 415",
    needs: "rawHeaders",
    async run(context) {
      const user = await seededUser(context);
      const headers = [
        ["Authorization", `Bearer ${user.token}`],
        ["Content-Type", "application/json"],
        ["Content-Type", "application/merge-patch+json"],
      ] as const;
      const request = { method: "PATCH", target: "/metadata", headers, body: '{"theme":null}' };
      expectProblem(await sendRaw(context, request), [415, "content_type_unsupported"]);
      assert.deepEqual(await storedUnsafe(context, user), { theme: "light", nested: { keep: 1 } });
    },
  },
  {
    name: "repeated If-Match headers are one list",
    needs: "rawHeaders",
    async run(context) {
      const user = await seededUser(context);
      const { version } = await context.engine.getUserMetadata(user.id);
      const bearer = ["Authorization", `Bearer ${user.token}`] as const;
      const tag = (value: string | number) => ["If-Match", `"${value}"`] as const;
      const clear = { method: "DELETE", target: "/metadata" };
      const stale = await sendRaw(context, { ...clear, headers: [bearer, tag(1), tag(2)] });
      expectProblem(stale, [412, "version_mismatch"]);
      expectJson(await sendRaw(context, { ...clear, headers: [bearer, tag(1), tag(version)] }));
    },
  },
];
