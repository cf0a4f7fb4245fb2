import { describe, expect, test } from "vitest";
import { bizzkitDialect } from "../src/dialects/bizzkit/index.ts";
import { clerkDialect } from "../src/dialects/clerk/index.ts";
import { superTokensDialect } from "../src/dialects/supertokens/index.ts";
import { type Author, createUserMetadata, memoryStore, nativeDialect, type Session } from "../src/index.ts";

const KEYS = { billing: "the key of the billing service", support: "the key of the support team" };

const sessionOf = (userId: string): Session => ({
  ...{ getUserId: () => userId, getTenantId: () => "public" },
  ...{ getHandle: () => "", getAccessTokenPayload: () => ({}) },
});

const setUp = (adminKeys: typeof KEYS | readonly string[] = KEYS, isOpen = false) => {
  const authors: Author[] = [];
  const metadata = createUserMetadata({
    store: memoryStore(),
    sessions: (view) => (view.header("x-user") ? sessionOf(view.header("x-user") as string) : undefined),
    history: {},
    adminKeys,
    dialects: [
      nativeDialect({
        updateInfo: (_, __, author) => {
          authors.push(author);
          return { publicMetadata: { seen: true } };
        },
      }),
      clerkDialect(),
      superTokensDialect({ allowWithoutKey: isOpen }),
      bizzkitDialect(),
    ],
  });
  const send = async (route: string, body: unknown, headers: Record<string, string>) => {
    const [method = "", path = ""] = route.split(" ");
    const all: Record<string, string> = { "content-type": "application/json", ...headers };
    const request = { method, path, query: "", header: (name: string) => all[name] };
    const outcome = await metadata.handle({ ...request, body: async () => JSON.stringify(body) });
    expect(outcome?.status, outcome?.body).toBeLessThan(300);
  };
  const lastOf = async (userId: string) => {
    const [entry] = (await metadata.history(userId)).entries;
    return entry && [entry.by.kind, entry.by.id, entry.by.via, entry.reason];
  };
  return { metadata, authors, send, lastOf };
};

const WHY = { "usermeta-reason": "ticket%207" };
const bearer = { authorization: `Bearer ${KEYS.billing}`, ...WHY };
const apiKey = { "api-key": KEYS.support, "cdi-version": "5.4", ...WHY };
const tiers = { public_metadata: { a: 1 } };

describe("an admin's write has the name of the key, and the dialect", () => {
  test.each([
    ["PATCH /users/jane/metadata", { publicMetadata: { a: 1 } }, bearer, ["billing", "native"]],
    ["PUT /users/jane/metadata", { publicMetadata: { a: 1 } }, bearer, ["billing", "native"]],
    ["PATCH /v1/users/jane/metadata", tiers, bearer, ["billing", "clerk"]],
    ["PATCH /v1/users/jane", tiers, bearer, ["billing", "clerk"]],
    [
      "PUT /recipe/user/metadata",
      { userId: "jane", metadataUpdate: { a: 1 } },
      apiKey,
      ["support", "supertokens"],
    ],
    ["PUT /api/user/jane/metadata/plan", { value: 1 }, bearer, ["billing", "bizzkit"]],
    [
      "PUT /api/user/jane/metadata",
      { metadata: [{ key: "plan", value: 1 }] },
      bearer,
      ["billing", "bizzkit"],
    ],
  ] as const)("%s", async (route, body, headers, [id, via]) => {
    const { metadata, send, lastOf } = setUp();
    await metadata.updateUserMetadata("jane", { unsafeMetadata: { b: 1 } });
    await send(route, body, headers);
    expect(await lastOf("jane")).toEqual(["admin", id, via, "ticket 7"]);
  });

  test.each([
    ["DELETE /users/jane/metadata", undefined, bearer, ["billing", "native"]],
    ["DELETE /v1/users/jane", undefined, bearer, ["billing", "clerk"]],
    ["POST /recipe/user/metadata/remove", { userId: "jane" }, apiKey, ["support", "supertokens"]],
    ["DELETE /api/user/jane/metadata/plan", undefined, bearer, ["billing", "bizzkit"]],
  ] as const)("%s", async (route, body, headers, [id, via]) => {
    const { metadata, send, lastOf } = setUp();
    await metadata.updateUserMetadata("jane", { publicMetadata: { plan: 1 }, privateMetadata: { b: 1 } });
    await send(route, body, headers);
    expect(await lastOf("jane")).toEqual(["admin", id, via, "ticket 7"]);
  });

  test("a key of a list has the beginning of its digest for a name", async () => {
    const { send, lastOf } = setUp([KEYS.support, KEYS.billing]);
    await send("PATCH /users/jane/metadata", { publicMetadata: { a: 1 } }, bearer);
    const digest = new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(KEYS.billing)),
    ).toHex?.();
    const [, name] = (await lastOf("jane")) ?? [];
    expect(name).toMatch(/^[0-9a-f]{12}$/);
    if (digest) expect(digest.startsWith(name as string)).toBe(true);
  });

  test("who needs no key is anyone", async () => {
    const { send, lastOf } = setUp(KEYS, true);
    const body = { userId: "jane", metadataUpdate: { a: 1 } };
    await send("PUT /recipe/user/metadata", body, { "cdi-version": "5.4" });
    expect(await lastOf("jane")).toEqual(["admin", "anyone", "supertokens", undefined]);
  });
});

describe("a user's write has the session's user", () => {
  test.each([
    ["PATCH /metadata", { theme: "dark" }, "native"],
    ["PUT /metadata", { theme: "dark" }, "native"],
    ["POST /updateinfo", {}, "native"],
    ["PATCH /v1/me", { unsafe_metadata: { theme: "dark" } }, "clerk"],
  ] as const)("%s", async (route, body, via) => {
    const { send, lastOf, authors } = setUp();
    await send(route, body, { "x-user": "jane", ...WHY });
    expect(await lastOf("jane")).toEqual(["user", "jane", via, "ticket 7"]);
    if (route.includes("updateinfo"))
      expect(authors).toEqual([{ by: { kind: "user", id: "jane", via: "native" }, reason: "ticket 7" }]);
  });
});

test.each([
  [{ "a\nb": KEYS.billing }, "has no name that can be kept"],
  [{ billing: undefined }, "adminKeys.billing is undefined"],
  [{ billing: "short" }, "adminKeys.billing is too short"],
  ["a key as a text", "adminKeys is neither a list nor keys by name"],
])("admin keys %o are refused", (adminKeys, message) => {
  expect(() => setUp(adminKeys as never)).toThrow(message);
});
