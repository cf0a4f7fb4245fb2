import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createClerkClient } from "@clerk/backend";
import { sqliteStore } from "@usermeta/store-sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makePlace, type Place, type Ran } from "./command.ts";

let place: Place;
let api: Server | undefined;
beforeEach(() => {
  place = makePlace();
});
afterEach(async () => {
  await place.remove();
  await api?.[Symbol.asyncDispose]();
  api = undefined;
});

const KEY = "the-key-of-the-source";

/** What another system's API answers, as far as its documentation says; `text` as it is, with a status if it is not a 200. */
type Answer = (path: string, query: URLSearchParams, request: IncomingMessage) => object | [number, object];

const startApi = async (answer: Answer): Promise<string> => {
  api = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    const found = answer(pathname, searchParams, request);
    const [status, body] = Array.isArray(found) && typeof found[0] === "number" ? found : [200, found];
    response.writeHead(status as number, { "content-type": "application/json", "retry-after": "0" });
    const { text } = body as { readonly text?: string };
    response.end(text ?? JSON.stringify(body));
  });
  await once(api.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
};

const importFrom = (system: string, input: string): Promise<Ran> =>
  place.run(["import", "--from", system, input], { env: { USERMETA_SOURCE_KEY: KEY } });

const stored = async (userId: string) => {
  const store = sqliteStore({ path: join(place.folder, "usermeta.db") });
  const [document] = await store.read([userId]);
  await store.close?.();
  return document;
};

const pageOf = (users: readonly object[], from: number, size: number) => users.slice(from, from + size);

test("Clerk: every user of the Backend API, page by page, its three tiers and its times", async () => {
  const users = Array.from({ length: 1200 }, (_, index) => ({
    object: "user",
    id: `user_${index}`,
    external_id: `row_${index}`,
    username: null,
    first_name: "Jane",
    last_name: "",
    public_metadata: { index },
    private_metadata: { stripeId: `cus_${index}` },
    unsafe_metadata: {},
    created_at: 1000 + index,
    updated_at: 2000 + index,
  }));
  let refusals = 0;
  const url = await startApi((path, query, { headers }) => {
    if (headers.authorization !== `Bearer ${KEY}` || path !== "/v1/users") return [401, {}];
    // Once in between, as Clerk does if it is asked too often.
    if (query.get("offset") === "500" && refusals++ === 0) return [429, {}];
    return pageOf(users, Number(query.get("offset")), Number(query.get("limit")));
  });
  const { code, stderr } = await importFrom("clerk", url);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(
    "maps: external_id, username, first_name, last_name → clerk:user in privateMetadata",
  );
  expect(stderr).toContain("Left out of each user: last_name, object, username.");
  expect(stderr).toContain("1200 users: 1200 written, 0 there already");
  expect(await stored("user_7")).toEqual({
    public: { index: 7 },
    private: { stripeId: "cus_7", "clerk:user": { external_id: "row_7", first_name: "Jane" } },
    unsafe: {},
    claims: [],
    version: 2007,
    claimsVersion: 2007,
    createdAt: 1007,
    updatedAt: 2007,
  });
  expect((await importFrom("clerk", url)).stderr).toContain("0 written, 1200 there already");
});

test("Clerk: names and external ids are there for Clerk's SDK after the import, also from our own server", async () => {
  const page = [
    { id: "user_1", externalId: "row_1", firstName: "Jane", lastName: "Doe", username: "jane" },
    { id: "user_2", externalId: "row_2", publicMetadata: {}, privateMetadata: '{"plan":"pro"}' },
    { id: "user_3", firstName: null, privateMetadata: { plan: "pro" } },
    { id: "user_4", firstName: "Jim", publicMetadata: {}, privateMetadata: ["no object"] },
  ].map((user, index) => ({ ...(index === 0 && { publicMetadata: {} }), ...user, updatedAt: 5000 }));
  writeFileSync(join(place.folder, "users.json"), JSON.stringify(page));
  const dry = await place.run(["import", "--from", "clerk", "users.json", "--dry-run", "--store", "memory:"]);
  expect(dry.stderr).toMatch(
    /maps: external_id.*\n(.*\n)*entry 4: .*json_not_object(.*\n)*4 users: 3 would be written/,
  );
  expect((await importFrom("clerk", "users.json")).stderr).toContain("4 users: 3 written");

  writeFileSync(join(place.folder, "keys"), KEY);
  const serve = ["--port", "0", "--admin-key-file", "keys", "--dialects", "clerk"];
  const { url } = await place.serve(serve);
  const show = async (apiUrl: string) => {
    const { users } = createClerkClient({ secretKey: KEY, apiUrl, telemetry: { disabled: true } });
    const { data } = await users.getUserList({ externalId: ["row_1", "row_2"], orderBy: "+created_at" });
    const all = await Promise.all([...data.map(({ id }) => id), "user_3"].map((id) => users.getUser(id)));
    return all.map(({ id, externalId, username, fullName, privateMetadata }) => ({
      ...{ id, externalId, username, fullName, privateMetadata },
    }));
  };
  const shown = [
    { id: "user_1", externalId: "row_1", username: "jane", fullName: "Jane Doe", privateMetadata: {} },
    { id: "user_2", externalId: "row_2", username: null, fullName: null, privateMetadata: { plan: "pro" } },
    { id: "user_3", externalId: null, username: null, fullName: null, privateMetadata: { plan: "pro" } },
  ];
  expect(await show(url)).toEqual(shown);
  const copy = ["--store", "sqlite:copy.db"];
  const copied = await place.run(["import", "--from", "clerk", url, ...copy], {
    env: { USERMETA_SOURCE_KEY: KEY },
  });
  expect(copied.stderr).toContain("3 users: 3 written");
  expect(await show((await place.serve([...serve, ...copy])).url)).toEqual(shown);
});

test("SuperTokens: the metadata of a core's users, to the private tier", async () => {
  const url = await startApi((path, query, { headers }) => {
    if (headers["api-key"] !== KEY) return [401, {}];
    if (path.startsWith("/recipe/multitenancy/")) return [404, {}];
    if (path === "/recipe/user/metadata") {
      const userId = query.get("userId");
      return { status: "OK", metadata: userId === "empty" ? {} : { of: userId } };
    }
    if (query.get("paginationToken") === null)
      return {
        status: "OK",
        users: [
          { id: "a", timeJoined: 5000 },
          { id: "empty", timeJoined: 1 },
        ],
        nextPaginationToken: "more/",
      };
    expect(query.get("paginationToken")).toBe("more/");
    return { status: "OK", users: [{ id: "b", timeJoined: 6000 }] };
  });
  const { code, stderr } = await importFrom("supertokens", url);
  expect([code, stderr.split("\n").at(-2)]).toEqual([
    0,
    "3 users: 2 written, 0 there already, 0 newer in the store and kept, 1 without metadata, 0 refused.",
  ]);
  expect(await stored("b")).toMatchObject({ private: { of: "b" }, public: {}, createdAt: 6000 });
  expect(await stored("empty")).toBeUndefined();
});

test("Supabase: the users of the admin API; what users may write to the unsafe tier, the rest to the public one", async () => {
  const user = {
    id: "8d7a",
    aud: "authenticated",
    email: "jane@example.com",
    user_metadata: { theme: "dark" },
    app_metadata: { provider: "email", role: "admin" },
    created_at: "2024-05-01T10:00:00.123456Z",
    updated_at: "2024-05-02T10:00:00Z",
  };
  const url = await startApi((path, _, { headers }) =>
    path === "/auth/v1/admin/users" && headers.apikey === KEY ? { aud: "x", users: [user] } : [404, {}],
  );
  const { stderr } = await importFrom("supabase", url);
  expect(stderr).toContain("Left out of each user: aud, email.");
  expect(await stored("8d7a")).toEqual({
    public: { provider: "email", role: "admin" },
    private: {},
    unsafe: { theme: "dark" },
    claims: [],
    version: Date.parse("2024-05-02T10:00:00Z"),
    claimsVersion: Date.parse("2024-05-02T10:00:00Z"),
    createdAt: Date.parse("2024-05-01T10:00:00.123Z"),
    updatedAt: Date.parse("2024-05-02T10:00:00Z"),
  });
});

test("Auth0: more users than its API lists are not taken for all", async () => {
  const users = Array.from({ length: 2000 }, (_, index) => ({
    user_id: `auth0|${index}`,
    app_metadata: { index },
  }));
  const url = await startApi((_, query) => {
    const size = Number(query.get("per_page"));
    return pageOf(users, Number(query.get("page")) * size, size);
  });
  const { code, stderr } = await importFrom("auth0", url);
  expect(code).toBe(1);
  expect(stderr).toContain("Make an export job");
});

const JANE = { public: {}, private: { plan: "pro" }, unsafe: { theme: "dark" } };
const auth0User = {
  user_id: "auth0|jane",
  email: "jane@example.com",
  user_metadata: { theme: "dark" },
  app_metadata: { plan: "pro" },
  updated_at: "2024-05-02T10:00:00.000Z",
};
const row = { app_id: "public", user_id: "jane", user_metadata: '{"first_name":"Jane"}' };

test.each<[form: string, system: string, text: string, stored: [userId: string, document: object]]>([
  ["Auth0's export job", "auth0", `${JSON.stringify(auth0User)}\n`, ["auth0|jane", JANE]],
  ["an array on one line", "auth0", JSON.stringify([auth0User]), ["auth0|jane", JANE]],
  ["an array over many lines", "auth0", JSON.stringify([auth0User], null, 2), ["auth0|jane", JANE]],
  [
    "a list of users in an object",
    "auth0",
    JSON.stringify({ users: [auth0User] }, null, 2),
    ["auth0|jane", JANE],
  ],
  ["the same on one line", "auth0", JSON.stringify({ start: 0, users: [auth0User] }), ["auth0|jane", JANE]],
  [
    "rows of SuperTokens' table",
    "supertokens",
    JSON.stringify(row),
    ["jane", { private: { first_name: "Jane" } }],
  ],
  [
    "SuperTokens' bulk import",
    "supertokens",
    JSON.stringify({ users: [{ externalUserId: "jane", userMetadata: { a: ']}"[{' }, loginMethods: [] }] }),
    ["jane", { private: { a: ']}"[{' } }],
  ],
  [
    "rows of Supabase's table",
    "supabase",
    JSON.stringify({
      id: "jane",
      raw_user_meta_data: { a: 1 },
      raw_app_meta_data: null,
      updated_at: "2024-05-02 10:00:00+00",
    }),
    ["jane", { unsafe: { a: 1 }, public: {}, version: Date.parse("2024-05-02T10:00:00Z") }],
  ],
])("a file: %s", async (_, system, text, [userId, document]) => {
  writeFileSync(join(place.folder, "users.json"), text);
  const { code, stderr } = await importFrom(system, "users.json");
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^maps: /);
  expect(stderr).toContain("cannot: ");
  expect(await stored(userId)).toMatchObject(document);
});

test.each([
  ["a wrong key", [401, {}], "Check the key in USERMETA_SOURCE_KEY"],
  ["another API", { hello: "world" }, "did not answer with a list of users"],
  ["a failing one", [500, { secret: "secret-body" }], "answered 500"],
] as const)("%s is told, without what it answered", async (_, answer, told) => {
  const url = await startApi(() => answer as object);
  const { code, stderr } = await importFrom("clerk", url);
  expect(code).toBe(1);
  expect(stderr).toContain(told);
  expect(stderr).not.toContain("secret-body");
});

test("an array that is cut off is refused; what came before is there", async () => {
  writeFileSync(join(place.folder, "users.json"), `[${JSON.stringify(auth0User)},{"user_id":`);
  const { code, stderr } = await importFrom("auth0", "users.json");
  expect([code, stderr]).toEqual([1, expect.stringContaining("cut off before its end")]);
});

test("a user without an id, and metadata that is not an object, are refused by their numbers", async () => {
  const users = [auth0User, { app_metadata: { a: 1 } }, { user_id: "x", app_metadata: ["a"] }, 7];
  writeFileSync(join(place.folder, "users.json"), JSON.stringify(users));
  const { code, stderr } = await importFrom("auth0", "users.json");
  expect(code).toBe(1);
  expect(stderr.match(/^entry \d.*\)$/gm)?.map((line) => line.replace(/:.*\(/, " ("))).toEqual([
    "entry 2 (user_id_invalid)",
    "entry 3 (json_not_object)",
    "entry 4 (json_not_object)",
  ]);
  expect(stderr).toContain("1 written");
});

/** A core with tenants, as far as the CDI says: who is in which, and what the core answers of each user. */
const startCore = (
  tenants: Readonly<
    Record<string, readonly { readonly id: string; readonly tenantIds: readonly string[] }[]>
  >,
  metadata: Readonly<Record<string, string>>,
): Promise<string> =>
  startApi((path, query) => {
    if (path === "/recipe/multitenancy/tenant/list/v2")
      return { status: "OK", tenants: Object.keys(tenants).map((tenantId) => ({ tenantId })) };
    const tenant = /^(?:\/(\w+))?\/users$/.exec(path);
    if (tenant)
      return {
        status: "OK",
        users: (tenants[tenant[1] ?? "public"] ?? []).map((user) => ({ ...user, timeJoined: 5000 })),
      };
    return { text: `{"status":"OK","metadata":${metadata[query.get("userId") ?? ""] ?? "{}"}}` };
  });

test("SuperTokens: the users of every tenant, each once, of a core that asks for no key", async () => {
  const url = await startCore(
    {
      public: [
        { id: "a", tenantIds: ["public"] },
        { id: "b", tenantIds: ["public", "t1"] },
      ],
      t1: [
        { id: "b", tenantIds: ["public", "t1"] },
        { id: "c", tenantIds: ["t1"] },
      ],
      t2: [
        { id: "c", tenantIds: ["t1", "t2"] },
        { id: "d", tenantIds: ["t2"] },
      ],
    },
    { a: '{"of":"a"}', b: '{"of":"b"}', c: '{"of":"c"}', d: '{"of":"d"}' },
  );
  const { code, stderr } = await place.run(["import", "--from", "supertokens", url]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("4 users: 4 written,");
  for (const userId of ["a", "b", "c", "d"])
    expect(await stored(userId)).toMatchObject({ private: { of: userId }, createdAt: 5000, updatedAt: 5000 });
});

test("SuperTokens: a core that does not list its tenants is read, and that is told", async () => {
  const url = await startApi((path) => {
    if (path.startsWith("/recipe/multitenancy/")) return [404, {}];
    return path === "/users" ? { users: [{ id: "a", timeJoined: 1 }] } : { status: "OK", metadata: { a: 1 } };
  });
  const { code, stderr } = await place.run(["import", "--from", "supertokens", url]);
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining("only the users of the tenant public are read"),
  ]);
});

test("SuperTokens: a second run takes over what changed", async () => {
  const metadata: Record<string, string> = { a: '{"n":1}', b: '{"n":1}' };
  const users = ["a", "b"].map((id) => ({ id, tenantIds: ["public"] }));
  const url = await startCore({ public: users }, metadata);
  expect((await importFrom("supertokens", url)).stderr).toContain("2 users: 2 written, 0 there already");
  metadata.a = '{"n":2}';
  expect((await importFrom("supertokens", url)).stderr).toContain("2 users: 1 written, 1 there already");
  expect(await stored("a")).toMatchObject({ private: { n: 2 } });
  expect((await importFrom("supertokens", url)).stderr).toContain("2 users: 0 written, 2 there already");
});

const HUGE = '{"n":9007199254740993}';
const GOOD = '{"n":1}';

test.each<[system: string, answer: Answer]>([
  [
    "clerk",
    () => ({ text: `[{"id":"bad","private_metadata":${HUGE}},{"id":"good","private_metadata":${GOOD}}]` }),
  ],
  [
    "auth0",
    () => ({ text: `[{"user_id":"bad","app_metadata":${HUGE}},{"user_id":"good","app_metadata":${GOOD}}]` }),
  ],
  [
    "supabase",
    () => ({ text: `{"users":[{"id":"bad","app_metadata":${HUGE}},{"id":"good","app_metadata":${GOOD}}]}` }),
  ],
  [
    "supertokens",
    (path, query) => {
      if (path.startsWith("/recipe/multitenancy/")) return [404, {}];
      if (path === "/users")
        return {
          users: [
            { id: "bad", timeJoined: 1 },
            { id: "good", timeJoined: 1 },
          ],
        };
      return { text: `{"status":"OK","metadata":${query.get("userId") === "bad" ? HUGE : GOOD}}` };
    },
  ],
])(
  "%s: one user with a large integer is refused by name, and the others are stored",
  async (system, answer) => {
    const url = await startApi(answer);
    const { code, stderr } = await importFrom(system, url);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^entry \d: user "bad": Refused at \S+n: .+ \(json_value_refused\)$/m);
    expect(stderr).toContain(
      "2 users: 1 written, 0 there already, 0 newer in the store and kept, 0 without metadata, 1 refused.",
    );
    expect(await stored("bad")).toBeUndefined();
    expect(await stored("good")).toMatchObject({
      createdAt: expect.any(Number),
      version: expect.any(Number),
    });
  },
);

test.each(["firebase", "cognito", "keycloak", "better-auth"])(
  "%s has no API here, and what to do is told",
  async (system) => {
    const { code, stderr } = await importFrom(system, "https://example.com");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^usermeta: .*give (that|the|its) /m)]);
  },
);
