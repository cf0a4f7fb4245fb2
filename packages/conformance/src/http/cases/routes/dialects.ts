import assert from "node:assert/strict";
import { type HttpAnswer, type HttpRequest, send } from "../../client.ts";
import type { HttpCase, HttpContext, HttpMountName } from "../../contract.ts";
import { expectJson, expectPassedOn, expectProblem, type Json } from "../../expectations.ts";
import { ADMIN_KEY, emptyUser, freshId, stored, storedUnsafe, type TestUser } from "../../fixtures.ts";
import { SHALLOW } from "../../routes.ts";

const FORM = "application/x-www-form-urlencoded";

type Asking = Pick<HttpRequest, "method" | "body" | "type">;
const json = (method: string, value: unknown): Asking => ({ method, type: SHALLOW, body: { json: value } });

const asBizzkit = (user: TestUser, rest: string, asking: Asking = {}): HttpRequest => ({
  path: `/api/user/${encodeURIComponent(user.id)}/metadata${rest}`,
  bearer: ADMIN_KEY,
  ...asking,
});
const asSuperTokens = (path: string, asking: Asking = {}): HttpRequest => ({
  path,
  headers: { "api-key": ADMIN_KEY, "cdi-version": "5.4", rid: "usermetadata" },
  ...asking,
});
const asClerk = (user: TestUser, rest: string, asking: Asking = {}): HttpRequest => ({
  path: `/v1/users/${encodeURIComponent(user.id)}${rest}`,
  bearer: ADMIN_KEY,
  headers: { "clerk-api-version": "2025-11-10" },
  ...asking,
});

/** The answer is the text, and of the type that the SDKs of SuperTokens look at. */
const expectText = (answer: HttpAnswer, [status, text]: readonly [status: number, text: string]): void => {
  assert.deepEqual([answer.status, answer.text], [status, text]);
  assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
};

/** The answer is a refusal in Clerk's shape. */
const expectClerkError = (answer: HttpAnswer, [status, code]: readonly [number, string]): void => {
  const { errors } = expectJson(answer, status) as { errors?: readonly Json[] };
  assert.deepEqual(
    errors?.map((error) => error.code),
    [code],
    answer.text,
  );
};

const each = (
  name: string,
  run: (context: HttpContext, user: TestUser) => Promise<void>,
  mounts: readonly HttpMountName[] = ["root", "prefix", "parsed"],
): readonly HttpCase[] =>
  mounts.map((mount) => ({
    name: `${mount === "root" ? "" : `${mount}: `}${name}`,
    mount,
    run: async (context) => run(context, await emptyUser(context, `${freshId()}@example.com`)),
  }));

const bizzkit: readonly HttpCase[] = [
  ...each("bizzkit: records are put, listed and deleted", async (context, user) => {
    const record = { key: "user-theme", value: "Light", profileClaim: true };
    const { key, ...sent } = record;
    expectJson(await send(context, asBizzkit(user, `/${key}`, json("PUT", sent))));
    assert.deepEqual(expectJson(await send(context, asBizzkit(user, ""))), { metadata: [record] });
    assert.deepEqual((await stored(context, user)).claims, [key]);
    assert.equal((await send(context, asBizzkit(user, `/${key}`, { method: "DELETE" }))).status, 204);
    const records = [
      { key: "größe.尺寸", value: { a: [null] }, profileClaim: false },
      { key: "theme", value: null, profileClaim: true },
    ];
    expectJson(await send(context, asBizzkit(user, "", json("PUT", { metadata: records }))));
    assert.deepEqual(expectJson(await send(context, asBizzkit(user, ""))), { metadata: records });
  }),
  ...each("bizzkit: refusals are problems", async (context, user) => {
    const twice = { key: "theme", value: 1 };
    const bulk = json("PUT", { metadata: [twice, twice] });
    expectProblem(await send(context, asBizzkit(user, "", bulk)), [422, "record_invalid"]);
    const { bearer: _, ...anonymous } = asBizzkit(user, "");
    expectProblem(await send(context, anonymous), [401, "admin_key_missing"]);
    expectProblem(await send(context, asBizzkit(user, "", json("PATCH", {}))), [405, "method_not_allowed"]);
  }),
];

const METADATA = "/recipe/user/metadata";

const superTokens: readonly HttpCase[] = [
  ...each(
    "supertokens: metadata is put, read and removed, below an app and a tenant",
    async (context, user) => {
      const put = { userId: user.id, metadataUpdate: { plan: "pro", nested: { kept: null } } };
      const metadata = put.metadataUpdate;
      for (const prefix of ["", "/appid-public", "/public", "/appid-public/public"]) {
        const path = prefix + METADATA;
        const ok = expectJson(await send(context, asSuperTokens(path, json("PUT", put))));
        assert.deepEqual(ok, { status: "OK", metadata });
        const read = await send(context, asSuperTokens(`${path}?userId=${encodeURIComponent(user.id)}`));
        assert.deepEqual(expectJson(read), { status: "OK", metadata });
      }
      assert.deepEqual((await stored(context, user)).privateMetadata, metadata);
      const remove = asSuperTokens(`${METADATA}/remove`, json("POST", { userId: user.id }));
      assert.deepEqual(expectJson(await send(context, remove)), { status: "OK" });
    },
  ),
  ...each("supertokens: refusals are texts", async (context, user) => {
    const missing = [400, "Field name 'userId' is missing in GET request"] as const;
    expectText(await send(context, asSuperTokens(METADATA)), missing);
    const invalid = [400, "Field name 'metadataUpdate' is invalid in JSON input"] as const;
    expectText(await send(context, asSuperTokens(METADATA, json("PUT", { userId: user.id }))), invalid);
    expectText(await send(context, { path: METADATA, bearer: ADMIN_KEY }), [401, "Invalid API key"]);
    expectText(await send(context, asSuperTokens(METADATA, { method: "DELETE" })), [
      405,
      "Method not supported",
    ]);
    expectText(await send(context, asSuperTokens(`/acme${METADATA}?userId=x`)), [
      403,
      "Only public tenantId can call this app specific API",
    ]);
  }),
  ...each("supertokens: HEAD and OPTIONS are refused, as a core does", async (context, user) => {
    const query = `?userId=${encodeURIComponent(user.id)}`;
    for (const method of ["HEAD", "OPTIONS"])
      assert.equal((await send(context, asSuperTokens(METADATA + query, { method }))).status, 405, method);
  }),
];

const clerk: readonly HttpCase[] = [
  ...each("clerk: a server merges, replaces, reads and deletes", async (context, user) => {
    const patch = { public_metadata: { plan: "pro", at: { a: 1 } }, private_metadata: { stripeId: "cus_1" } };
    expectJson(await send(context, asClerk(user, "/metadata", json("PATCH", patch))));
    const merge = { public_metadata: { plan: null, at: { b: 2 } } };
    const merged = expectJson(await send(context, asClerk(user, "/metadata", json("PATCH", merge))));
    assert.deepEqual(merged.public_metadata, { at: { a: 1, b: 2 } });
    const put = { unsafe_metadata: { theme: "dark" } };
    expectJson(await send(context, asClerk(user, "/metadata", json("PUT", put))));
    const { id, public_metadata, private_metadata, unsafe_metadata } = expectJson(
      await send(context, asClerk(user, "")),
    );
    assert.deepEqual(
      [id, public_metadata, private_metadata, unsafe_metadata],
      [user.id, { at: { a: 1, b: 2 } }, patch.private_metadata, put.unsafe_metadata],
    );
    const gone = expectJson(await send(context, asClerk(user, "", { method: "DELETE" })));
    assert.deepEqual(gone, { object: "user", id: user.id, deleted: true });
  }),
  ...each("clerk: refusals are in its shape", async (context, user) => {
    const unknown = json("PATCH", { secret_metadata: {} });
    expectClerkError(await send(context, asClerk(user, "")), [404, "resource_not_found"]);
    expectClerkError(await send(context, asClerk(user, "/metadata", unknown)), [422, "form_param_unknown"]);
    const stranger = { ...asClerk(user, ""), bearer: "another-key-of-16-characters" };
    expectClerkError(await send(context, stranger), [401, "clerk_key_invalid"]);
  }),
  ...each("clerk: a front end writes the unsafe tier by a form", async (context, user) => {
    const body = `unsafe_metadata=${encodeURIComponent('{"theme":"dünkel & 😀+"}')}`;
    const form = { path: "/v1/me/metadata?_method=PATCH", method: "POST", type: FORM, bearer: user.token };
    const { response } = expectJson(await send(context, { ...form, body })) as { response?: Json };
    assert.deepEqual(response?.unsafe_metadata, { theme: "dünkel & 😀+" });
    assert.ok(!("private_metadata" in (response ?? {})));
    assert.deepEqual(await storedUnsafe(context, user), { theme: "dünkel & 😀+" });
    expectClerkError(await send(context, { path: "/v1/me" }), [401, "authentication_invalid"]);
  }),
];

/** The other protocols, each in its own shape, beside ours and on the same documents. */
export const dialectCases: readonly HttpCase[] = [
  ...bizzkit,
  ...superTokens,
  ...clerk,
  {
    name: "dialects: a path that is nobody's is the app's",
    needs: "fallback",
    async run(context) {
      for (const path of ["/api/user/jane", "/api/user/jane/metadata/a/b", "/recipe/user", "/v1", "/v1/you"])
        expectPassedOn(await send(context, { path, bearer: ADMIN_KEY }));
    },
  },
];
