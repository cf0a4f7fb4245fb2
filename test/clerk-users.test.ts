/** What Clerk's clients call beside the metadata: a user's names and ids, lists, and what the SDKs send by default. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClerkClient, type User } from "@clerk/backend";
import { isClerkAPIResponseError } from "@clerk/shared/error";
import type { RunningApp } from "@usermeta/conformance/http";
import { createUserMetadata, jwtSessions, nativeDialect, tokenIssuer } from "@usermeta/core";
import { clerkDialect } from "@usermeta/core/clerk";
import { sqliteStore } from "@usermeta/store-sqlite";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startHono } from "../packages/fetch/test/start.ts";

const SECRET_KEY = "sk_test_of_the_tests";
const WHO = { issuer: "https://clerk.test", audience: "app" };
const folder = mkdtempSync(join(tmpdir(), "usermeta-clerk-users-"));
const issuer = tokenIssuer({ ...WHO, algorithm: "RS256" });
const metadata = createUserMetadata({
  store: sqliteStore({ path: join(folder, "app.db") }),
  sessions: jwtSessions({ ...WHO, keys: issuer.jwks }),
  adminKeys: [SECRET_KEY],
  issuer,
  dialects: [nativeDialect(), clerkDialect()],
});
let app: RunningApp;

beforeAll(async () => {
  app = await startHono(metadata, { prefix: "/auth", bodyParser: false });
});

afterAll(async () => {
  await app.close();
  await metadata.close();
  rmSync(folder, { recursive: true });
});

const clerk = () => createClerkClient({ secretKey: SECRET_KEY, apiUrl: `${app.url}/auth` }).users;

/** Sends a body as it is. */
const send = async (method: string, path: string, body: string) => {
  const headers = { authorization: `Bearer ${SECRET_KEY}`, "content-type": "application/json" };
  const answer = await fetch(`${app.url}/auth/v1/users/${path}`, { method, headers, body });
  return { status: answer.status, body: await answer.json() };
};

const refusal = async (call: Promise<unknown>) => {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (!isClerkAPIResponseError(error)) throw new Error(`no ClerkAPIResponseError: ${error}`);
  const [first] = error.errors;
  return [error.status, first?.code, first?.meta?.paramName];
};

const profileOf = ({ externalId, username, firstName, lastName }: User) => ({
  externalId,
  username,
  firstName,
  lastName,
});

describe("updateUser", () => {
  const jane = { externalId: "ext_1", username: "jane", firstName: "Jane", lastName: "Doe" };

  test("keeps the external id, the username and the names, and makes the user", async () => {
    const updated = await clerk().updateUser("user_1", jane);
    expect(profileOf(updated)).toEqual(jane);
    expect(updated.fullName).toBe("Jane Doe");
    expect(updated.privateMetadata).toEqual({});
    expect(profileOf(await clerk().getUser("user_1"))).toEqual(jane);
    const again = await clerk().updateUser("user_1", { firstName: "Jane" });
    expect(again.updatedAt).toBe(updated.updatedAt);
  });

  test("changes what is named alone, and null or an empty text removes it", async () => {
    await clerk().updateUser("user_2", jane);
    const removed = { firstName: null, username: "" };
    const updated = await clerk().updateUser("user_2", removed as object);
    expect(profileOf(updated)).toEqual({ ...jane, firstName: null, username: null });
    await clerk().updateUser("user_2", { externalId: "", lastName: "" });
    expect((await metadata.getUserMetadata("user_2")).privateMetadata).toEqual({});
  });

  test("names and metadata in one call", async () => {
    await clerk().updateUserMetadata("user_3", { privateMetadata: { a: 1 }, publicMetadata: { b: 1 } });
    const updated = await clerk().updateUser("user_3", { ...jane, privateMetadata: { c: 1 } });
    expect([profileOf(updated), updated.privateMetadata]).toEqual([jane, { c: 1 }]);
    expect(updated.publicMetadata).toEqual({ b: 1 });
  });

  test("writes of metadata leave the names, replaced tiers too", async () => {
    await clerk().updateUser("user_4", { ...jane, privateMetadata: { a: 1 } });
    const merged = await clerk().updateUserMetadata("user_4", { privateMetadata: { b: 1 } });
    expect([profileOf(merged), merged.privateMetadata]).toEqual([jane, { a: 1, b: 1 }]);
    const replaced = await clerk().replaceUserMetadata("user_4", {
      publicMetadata: {},
      privateMetadata: { c: 1 },
      unsafeMetadata: {},
    });
    expect([profileOf(replaced), replaced.privateMetadata]).toEqual([jane, { c: 1 }]);
  });

  test("the user does not see them: they are in the private tier", async () => {
    await clerk().updateUser("user_5", jane);
    const token = await metadata.issueToken("user_5");
    expect(JSON.stringify(decodeJwt(token))).not.toMatch(/ext_1|Jane|Doe/);
    for (const path of ["/v1/me", "/metadata"]) {
      const answer = await fetch(`${app.url}/auth${path}`, { headers: { authorization: `Bearer ${token}` } });
      expect([answer.status, await answer.text()]).toEqual([
        200,
        expect.not.stringMatching(/ext_1|Jane|Doe/),
      ]);
    }
    const { privateMetadata } = await metadata.getUserMetadata("user_5");
    expect(privateMetadata["clerk:user"]).toEqual({
      external_id: "ext_1",
      username: "jane",
      first_name: "Jane",
      last_name: "Doe",
    });
  });

  test("two updates at once lose nothing", async () => {
    await Promise.all(
      Object.entries(jane).map(([name, value]) => clerk().updateUser("user_6", { [name]: value })),
    );
    expect(profileOf(await clerk().getUser("user_6"))).toEqual(jane);
  });

  test("what another dialect put in their place is shown as nothing, and the next update mends it", async () => {
    await metadata.updateUserMetadata("user_7", { privateMetadata: { "clerk:user": { username: 7 } } });
    expect(profileOf(await clerk().getUser("user_7")).username).toBeNull();
    await metadata.updateUserMetadata("user_7", { privateMetadata: { "clerk:user": "text" } });
    expect(profileOf(await clerk().updateUser("user_7", jane))).toEqual(jane);
  });

  test("refuses by name what is not kept, and what is not a string", async () => {
    const update = (params: object) => refusal(clerk().updateUser("user_8", params));
    for (const [params, name] of [
      [{ password: "correct horse" }, "password"],
      [{ primaryEmailAddressID: "idn_1" }, "primary_email_address_id"],
      [{ notifyPrimaryEmailAddressChanged: true }, "notify_primary_email_address_changed"],
      [{ firstName: "Jane", locale: "en-US" }, "locale"],
    ] as const)
      expect(await update(params)).toEqual([422, "form_param_unknown", name]);
    expect(await update({ firstName: 1 })).toEqual([422, "form_param_value_invalid", "first_name"]);
    expect((await metadata.getUserMetadata("user_8")).version).toBe(0);
  });
});

describe("what the SDKs send by default", () => {
  test("a switch that is off asks for nothing, as Python's and Java's update always sends it", async () => {
    const first = '{"first_name":"Ann","notify_primary_email_address_changed":false}';
    expect(await send("PATCH", "user_10", first)).toMatchObject({ status: 200, body: { first_name: "Ann" } });
    const before = (await metadata.getUserMetadata("user_10")).version;
    const off = { skip_password_checks: false, sign_out_of_other_sessions: null, skip_legal_checks: false };
    expect((await send("PATCH", "user_10", JSON.stringify(off))).status).toBe(200);
    expect((await metadata.getUserMetadata("user_10")).version).toBe(before);
    const on = await send("PATCH", "user_10", '{"sign_out_of_other_sessions":true}');
    expect(on).toMatchObject({ status: 422, body: { errors: [{ code: "form_param_unknown" }] } });
  });

  test("a body of null, which Go's SDK makes of no parameters, writes nothing", async () => {
    const { body: before } = await send("PATCH", "user_11", '{"first_name":"Ann"}');
    for (const [method, path] of [
      ["PATCH", "user_11"],
      ["PATCH", "user_11/metadata"],
      ["PUT", "user_11/metadata"],
    ] as const)
      expect(await send(method, path, "null"), `${method} ${path}`).toEqual({ status: 200, body: before });
    expect((await send("PATCH", "user_nobody", "null")).status).toBe(404);
    expect((await send("PATCH", "user_11", "[]")).body).toMatchObject({
      errors: [{ code: "request_body_invalid" }],
    });
  });
});

describe("getUserList and getCount", () => {
  const people = [
    ["list_a", { externalId: "e-a", username: "Anna", firstName: "Zoe", lastName: "Smith" }],
    ["list_b", { externalId: "e-b", username: "bert", firstName: "Bert" }],
    ["list_c", { externalId: "e-c", username: "carl" }],
    ["list_d", {}],
  ] as const;
  const mine = people.map(([id]) => id);
  let times: number[] = [];

  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    for (const [id, names] of people) {
      vi.setSystemTime(Date.now() + 1000);
      await clerk().updateUser(id, { ...names, publicMetadata: { id } });
    }
    vi.useRealTimers();
    const users = await Promise.all(mine.map((id) => clerk().getUser(id)));
    times = users.map(({ createdAt }) => createdAt);
  });

  /** The ids of a list, in order; the count of the same filters is that of the list. */
  const ids = async (params: Parameters<ReturnType<typeof clerk>["getUserList"]>[0]) => {
    const { data, totalCount } = await clerk().getUserList({ orderBy: "+created_at", limit: 100, ...params });
    expect(totalCount).toBe(data.length);
    expect(await clerk().getCount(params as object)).toBe(totalCount);
    return data.map(({ id }) => id);
  };

  test.each([
    ["userId", { userId: ["list_a", "list_c", "nobody"] }, ["list_a", "list_c"]],
    ["externalId", { externalId: ["e-b"] }, ["list_b"]],
    ["several externalIds", { externalId: ["e-b", "+e-a", "e-none"] }, ["list_a", "list_b"]],
    ["an externalId left out", { userId: [...mine], externalId: ["-e-b"] }, ["list_a", "list_c", "list_d"]],
    ["username", { username: ["carl"] }, ["list_c"]],
    ["several usernames", { username: ["carl", "Anna", "none"] }, ["list_a", "list_c"]],
    ["both", { username: ["carl"], externalId: ["e-b"] }, []],
    ["query, in names", { query: "SMI" }, ["list_a"]],
    ["query, in first and last name", { query: "zoe smith" }, ["list_a"]],
    ["query, in user ids", { query: "list_" }, [...mine]],
  ])("by %s", async (_, params, expected) => {
    expect(await ids(params)).toEqual(expected);
  });

  test("by when they were created", async () => {
    const [, b = 0, c = 0] = times;
    expect(await ids({ userId: [...mine], createdAtAfter: b })).toEqual(["list_c", "list_d"]);
    expect(await ids({ userId: [...mine], createdAtBefore: c })).toEqual(["list_a", "list_b"]);
  });

  test.each([
    ["-created_at", ["list_d", "list_c", "list_b", "list_a"]],
    ["+username", ["list_d", "list_a", "list_b", "list_c"]],
    ["-first_name", ["list_a", "list_b", "list_c", "list_d"]],
    ["+last_name", ["list_b", "list_c", "list_d", "list_a"]],
  ] as const)("in the order of %s", async (orderBy, expected) => {
    expect(await ids({ userId: [...mine], orderBy })).toEqual(expected);
  });

  test("in the order of the last write", async () => {
    await clerk().updateUserMetadata("list_b", { unsafeMetadata: { seen: true } });
    const [newest] = await ids({ userId: ["list_b", "user_1"], orderBy: "-updated_at" });
    const { updatedAt: b } = await clerk().getUser("list_b");
    const { updatedAt: first } = await clerk().getUser("user_1");
    expect(newest).toBe(b > first ? "list_b" : "user_1");
  });

  test("a page of a filtered list, with the count of all that match", async () => {
    const page = await clerk().getUserList({ query: "list_", orderBy: "+created_at", limit: 2, offset: 1 });
    expect([page.totalCount, page.data.map(({ id }) => id)]).toEqual([4, ["list_b", "list_c"]]);
    expect(page.data.map(({ publicMetadata }) => publicMetadata.id)).toEqual(["list_b", "list_c"]);
  });

  test("what nobody here can be found by is refused by its name", async () => {
    const list = (params: object) => refusal(clerk().getUserList(params));
    for (const [params, name] of [
      [{ emailAddress: ["jane@example.com"] }, "email_address"],
      [{ organizationId: ["org_1"] }, "organization_id"],
      [{ lastActiveAtAfter: 1 }, "last_active_at_after"],
    ] as const)
      expect(await list(params)).toEqual([422, "form_param_unknown", name]);
    const invalid = [422, "form_param_value_invalid", undefined];
    expect(await list({ orderBy: "-last_sign_in_at" })).toEqual(invalid);
    expect(await list({ createdAtAfter: "yesterday" })).toEqual(invalid);
    expect(await list({ externalId: Array.from({ length: 101 }, (_, n) => `e${n}`) })).toEqual(invalid);
  });

  test("one external id is asked of a store that is searched by it, and no other user is read", async () => {
    const inner = sqliteStore({ path: ":memory:", search: ["private.clerk:user.external_id"] });
    const found: number[] = [];
    const find: typeof inner.find = async (query) => {
      const users = await inner.find(query);
      found.push(users.length);
      return users;
    };
    const other = createUserMetadata({
      store: { read: inner.read, write: inner.write, find, close: inner.close },
      adminKeys: [SECRET_KEY],
      dialects: [clerkDialect()],
    });
    const running = await startHono(other, { prefix: "", bodyParser: false });
    const { users } = createClerkClient({ secretKey: SECRET_KEY, apiUrl: running.url });
    for (const id of ["a", "b", "c"]) await users.updateUser(`user_${id}`, { externalId: `e-${id}` });
    expect(await users.getCount({ externalId: ["e-b"] })).toBe(1);
    expect(found).toEqual([1]);
    await running.close();
    await other.close();
  });
});
