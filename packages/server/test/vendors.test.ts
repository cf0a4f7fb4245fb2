import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { MetadataDocument } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { documentsIn } from "../../../test/insert.ts";
import { SOURCE_NAMES } from "../src/config/settings.ts";
import { SOURCES } from "../src/transfer/sources/index.ts";
import { makePlace, type Place } from "./command.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const stored = async (userIds: readonly string[]): Promise<readonly (MetadataDocument | undefined)[]> => {
  const store = sqliteStore({ path: join(place.folder, "usermeta.db") });
  const documents = await documentsIn(store, userIds);
  await store.close();
  return documents;
};

const importFile = async (system: string, content: string | Buffer) => {
  writeFileSync(join(place.folder, "export"), content);
  const { code, stderr } = await place.run(["import", "--from", system, "export"]);
  const counts =
    /^(\d+) users: (\d+) written, (\d+) there already, (\d+) newer .*, (\d+) without .*, (\d+) refused\.$/m
      .exec(stderr)
      ?.slice(1)
      .map(Number);
  const [all = Number.NaN, ...parts] = counts ?? [];
  expect(
    parts.reduce((sum, part) => sum + part, 0),
    stderr,
  ).toBe(all);
  return { code, stderr, counts };
};

/** One vendor's export, as its documentation shows it. */
interface Export {
  readonly name: string;
  readonly system: string;
  readonly content: string | Buffer;
  /** All, written, there already, newer, without metadata, refused. */
  readonly counts: readonly number[];
  readonly userId: string;
  readonly document: Partial<MetadataDocument>;
}

const ms = (text: string): number => Date.parse(text);

const clerkSdkUser = (id: string, publicMetadata: object) => ({
  id,
  passwordEnabled: true,
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_500,
  publicMetadata,
  privateMetadata: {},
  unsafeMetadata: { theme: "dark" },
  emailAddresses: [],
});

const SUPABASE_CSV = `\ufeffinstance_id,id,aud,raw_app_meta_data,raw_user_meta_data,created_at,updated_at
0000,u1,authenticated,"{""provider"":""email""}","{""name"":""Jané, the first"",
""at"":[1,2]}",2024-05-01 10:00:00+00,2024-05-02 10:00:00+00
0000,u2,authenticated,,,2024-05-01 10:00:00+00,2024-05-02 10:00:00+00
`;

const COGNITO = {
  Users: [
    {
      Username: "jane",
      Attributes: [
        { Name: "sub", Value: "eaad0219-2117-439f-8d46-4db20e59268f" },
        { Name: "email", Value: "jane@example.com" },
        { Name: "custom:plan", Value: "pro" },
        { Name: "dev:custom:stripe", Value: "cus_1" },
      ],
      UserCreateDate: 1_548_097_829.711,
      UserLastModifiedDate: 1_548_097_830.5,
      Enabled: true,
      UserStatus: "CONFIRMED",
    },
    { Username: "bob", Attributes: [{ Name: "sub", Value: "b" }], Enabled: true },
  ],
};

const KEYCLOAK = {
  id: "realm-id",
  realm: "shop",
  requiredCredentials: ["password"],
  clients: [{ clientId: "account", redirectUris: ["/*"] }],
  users: [
    {
      id: "k1",
      createdTimestamp: 1_600_000_000_000,
      username: "jane",
      attributes: { plan: ["pro"] },
      credentials: [{ type: "password", secretData: "{}" }],
    },
    { id: "k2", createdTimestamp: 1_600_000_000_001, username: "bob" },
  ],
  groups: [],
};

const EXPORTS: readonly Export[] = [
  {
    name: "Auth0's export extension, with the metadata among its columns",
    system: "auth0",
    content:
      '{"Id":"auth0|jane","Given Name":"Jane","User Metadata":{"theme":"dark"},"App Metadata":{"plan":"pro"},"Created At":"2024-05-01T10:00:00.000Z","Updated At":"2024-05-02T10:00:00.000Z"}\n{"Id":"auth0|bob","Given Name":"Bob"}\n',
    counts: [2, 1, 0, 0, 1, 0],
    userId: "auth0|jane",
    document: {
      unsafe: { theme: "dark" },
      private: { plan: "pro" },
      createdAt: ms("2024-05-01T10:00:00Z"),
      version: ms("2024-05-02T10:00:00Z"),
    },
  },
  {
    name: "what Clerk's JavaScript SDK answers",
    system: "clerk",
    content: JSON.stringify({ data: [clerkSdkUser("user_1", { plan: "pro" })], totalCount: 1 }, null, 2),
    counts: [1, 1, 0, 0, 0, 0],
    userId: "user_1",
    document: {
      public: { plan: "pro" },
      unsafe: { theme: "dark" },
      createdAt: 1_700_000_000_000,
      version: 1_700_000_000_500,
    },
  },
  {
    name: "a list of Clerk's users, packed",
    system: "clerk",
    content: gzipSync(
      `\ufeff${JSON.stringify([clerkSdkUser("user_1", {}), clerkSdkUser("user_2", { a: 1 })])}`,
    ),
    counts: [2, 2, 0, 0, 0, 0],
    userId: "user_2",
    document: { public: { a: 1 }, unsafe: { theme: "dark" } },
  },
  {
    name: "SuperTokens' bulk-import format",
    system: "supertokens",
    content: JSON.stringify({
      users: [
        {
          externalUserId: "jane",
          userMetadata: { a: 1 },
          loginMethods: [
            { recipeId: "passwordless", timeJoinedInMSSinceEpoch: 1_234_567_890_001 },
            { recipeId: "emailpassword", timeJoinedInMSSinceEpoch: 1_234_567_890_000 },
          ],
        },
        { externalUserId: "bob", userMetadata: {}, loginMethods: [] },
      ],
    }),
    counts: [2, 1, 0, 0, 1, 0],
    userId: "jane",
    document: { private: { a: 1 }, createdAt: 1_234_567_890_000 },
  },
  {
    name: "rows of SuperTokens' table as CSV",
    system: "supertokens",
    content: 'app_id,user_id,user_metadata\r\npublic,jane,"{""first_name"":""Jané""}"\r\n',
    counts: [1, 1, 0, 0, 0, 0],
    userId: "jane",
    document: { private: { first_name: "Jané" } },
  },
  {
    name: "Supabase's rows as CSV",
    system: "supabase",
    content: SUPABASE_CSV,
    counts: [2, 1, 0, 0, 1, 0],
    userId: "u1",
    document: {
      public: { provider: "email" },
      unsafe: { name: "Jané, the first", at: [1, 2] },
      createdAt: ms("2024-05-01T10:00:00Z"),
      version: ms("2024-05-02T10:00:00Z"),
    },
  },
  {
    name: "Supabase's rows with the metadata as JSON text",
    system: "supabase",
    content: JSON.stringify([{ id: "u1", raw_user_meta_data: '{"a":1}', raw_app_meta_data: "{}" }]),
    counts: [1, 1, 0, 0, 0, 0],
    userId: "u1",
    document: { unsafe: { a: 1 }, public: {} },
  },
  {
    name: "firebase auth:export",
    system: "firebase",
    content: `{"users": [\n${JSON.stringify({
      localId: "f1",
      email: "jane@example.com",
      passwordHash: "x",
      createdAt: "1486324233000",
      customAttributes: '{"admin":true}',
      providerUserInfo: [],
    })},\n${JSON.stringify({ localId: "f2", createdAt: "1486324233000" })}]}`,
    counts: [2, 1, 0, 0, 1, 0],
    userId: "f1",
    document: { public: { admin: true }, createdAt: 1_486_324_233_000 },
  },
  {
    name: "aws cognito-idp list-users",
    system: "cognito",
    content: JSON.stringify(COGNITO, null, 4),
    counts: [2, 1, 0, 0, 1, 0],
    userId: "eaad0219-2117-439f-8d46-4db20e59268f",
    document: {
      private: { plan: "pro", stripe: "cus_1" },
      createdAt: 1_548_097_829_711,
      version: 1_548_097_830_500,
    },
  },
  {
    name: "Cognito's CSV",
    system: "cognito",
    content:
      'sub,cognito:username,email,custom:plan,custom:note\nc1,jane,jane@example.com,pro,"a, b\nc"\nc2,bob,bob@example.com,,\n',
    counts: [2, 1, 0, 0, 1, 0],
    userId: "c1",
    document: { private: { plan: "pro", note: "a, b\nc" } },
  },
  {
    name: "a realm of kc.sh export, with its users",
    system: "keycloak",
    content: JSON.stringify(KEYCLOAK, null, 2),
    counts: [2, 1, 0, 0, 1, 0],
    userId: "k1",
    document: { private: { plan: ["pro"] }, createdAt: 1_600_000_000_000 },
  },
  {
    name: "rows of better-auth's table",
    system: "better-auth",
    content: `${JSON.stringify({
      id: 7,
      name: "Jane",
      emailVerified: true,
      role: "admin",
      createdAt: "2024-05-01T10:00:00.000Z",
      updatedAt: "2024-05-02T10:00:00.000Z",
      favoriteColor: "blue",
      score: 4.5,
      nothing: null,
    })}\n${JSON.stringify({ id: 8, name: "Bob", favoriteColor: null })}\n`,
    counts: [2, 1, 0, 0, 1, 0],
    userId: "7",
    document: {
      public: { role: "admin" },
      private: { favoriteColor: "blue", score: 4.5 },
      version: ms("2024-05-02T10:00:00Z"),
    },
  },
];

test.each(EXPORTS)("$name: every user is counted, and is there", async (each) => {
  const { code, stderr, counts } = await importFile(each.system, each.content);
  expect(code, stderr).toBe(0);
  expect(counts).toEqual(each.counts);
  const [document] = await stored([each.userId]);
  expect(document).toMatchObject({ public: {}, private: {}, unsafe: {}, ...each.document });
  expect(document?.createdAt).toBeGreaterThan(0);
  const again = await importFile(each.system, each.content);
  expect(again.counts?.slice(0, 3)).toEqual([each.counts[0], 0, each.counts[1]]);
});

test("each system that can be named has an export above", () => {
  expect([...new Set(EXPORTS.map(({ system }) => system))].sort()).toEqual([...SOURCE_NAMES].sort());
});

test.each<[what: string, system: string, content: string, told: readonly string[]]>([
  [
    "Auth0's export extension without metadata",
    "auth0",
    '{"Id":"auth0|jane","Given Name":"Jane"}\n{"Id":"auth0|bob","Family Name":"Bob"}\n',
    ["users read: 2", "user_metadata, app_metadata", "Family Name, Given Name"],
  ],
  [
    "Clerk's dashboard CSV, which has no metadata",
    "clerk",
    "id,first_name,last_name,username,primary_email_address\nuser_1,Jane,,,jane@example.com\n",
    ["No user has metadata that is known", "first_name", "https://api.clerk.com"],
  ],
  [
    "the users of another system",
    "clerk",
    JSON.stringify([{ localId: "x" }]),
    ["entry 1: There is no user id"],
  ],
  [
    "an object with other lists",
    "clerk",
    JSON.stringify({ meta: { tags: ["a"] }, items: [{ id: "user_1" }] }, null, 2),
    ["There is no list of users", "data or users", "it has items, meta"],
  ],
  ["a file of an archive", "clerk", "PK\u0003\u0004binary\nmore", ["entry 1: It is not JSON"]],
  [
    "Auth0's CSV, which changes texts",
    "auth0",
    'user_id,email\n"\'auth0|x","\'a@b.c"\n',
    ["Export JSON instead"],
  ],
  ["Firebase's CSV with a header", "firebase", "uid,email\nx,y\n", ["firebase auth:export users.json"]],
])("%s is a failure", async (_, system, content, told) => {
  const { code, stderr } = await place.run(["import", "--from", system, "-"], { input: content });
  expect(code, stderr).toBe(1);
  for (const text of told) expect(stderr).toContain(text);
  expect(stderr).not.toMatch(/[1-9]\d* written/);
});

test("a record without a known id is refused with its number and its names, and the others are stored", async () => {
  const lines = [
    { user_id: "a", app_metadata: { n: 1 } },
    { identifier: "b", app_metadata: { n: 2 }, "\u001b[2J": 1 },
    { user_id: "c", app_metadata: { n: 3 } },
  ];
  const { code, stderr, counts } = await importFile(
    "auth0",
    lines.map((line) => JSON.stringify(line)).join("\n"),
  );
  expect([code, counts]).toEqual([1, [3, 2, 0, 0, 0, 1]]);
  expect(stderr).toContain(
    'entry 2: There is no user id: it would be named user_id or id. What is there: "\\u001b[2J", app_metadata, identifier. (user_id_invalid)',
  );
});

test("a page of several is told", async () => {
  const page = { data: [clerkSdkUser("user_1", {})], totalCount: 25 };
  expect((await importFile("clerk", JSON.stringify(page))).stderr).toContain("there are 25 users, and has 1");
  const { stderr } = await importFile("cognito", JSON.stringify({ ...COGNITO, PaginationToken: "x" }));
  expect(stderr).toContain("there are more users");
});

test("rows of CSV that are broken or not UTF-8 are refused by their numbers", async () => {
  const rows = [
    "id,raw_user_meta_data",
    'u1,"{""a"":1}"',
    "u2,too,many",
    'u3,"{""a"":\u00e9}"',
    'u4,"{""a"":9007199254740993}"',
    'u5,"{""a"":5}"',
  ];
  const { code, stderr, counts } = await importFile("supabase", Buffer.from(rows.join("\n"), "latin1"));
  expect([code, counts]).toEqual([1, [5, 2, 0, 0, 0, 3]]);
  expect(
    stderr
      .match(/^entry .*$/gm)
      ?.map((line) => line.slice(0, 36))
      .sort(),
  ).toEqual([
    "entry 2: The row has more or fewer v",
    "entry 3: It is not UTF-8. Save it in",
    'entry 4: user "u4": Refused at /a: t',
  ]);
  expect((await stored(["u5"]))[0]?.unsafe).toEqual({ a: 5 });
});

test("rows of several apps are not mixed: those of the first one are taken, and the others refused", async () => {
  const row = (app_id: string, user_id: string) => ({ app_id, user_id, user_metadata: `{"of":"${app_id}"}` });
  const rows = [row("public", "a"), row("shop", "a"), row("public", "b")];
  const { code, stderr, counts } = await importFile(
    "supertokens",
    rows.map((each) => JSON.stringify(each)).join("\n"),
  );
  expect([code, counts]).toEqual([1, [3, 2, 0, 0, 0, 1]]);
  expect(stderr).toContain('entry 2: user "a": Its app_id is another one');
  expect((await stored(["a"]))[0]?.private).toEqual({ of: "public" });
});

test("a system without times: what changed there is taken over, and what was written here stays", async () => {
  const rows = (a: number, b: number) =>
    [
      { user_id: "a", user_metadata: JSON.stringify({ n: a }) },
      { user_id: "b", user_metadata: JSON.stringify({ n: b }) },
    ]
      .map((each) => JSON.stringify(each))
      .join("\n");
  expect((await importFile("supertokens", rows(1, 1))).counts).toEqual([2, 2, 0, 0, 0, 0]);
  const [before] = await stored(["a"]);
  await place.run(["patch", "b", '{"privateMetadata":{"here":true}}']);
  expect((await importFile("supertokens", rows(2, 2))).counts).toEqual([2, 1, 0, 1, 0, 0]);
  const [a, b] = await stored(["a", "b"]);
  expect(a).toMatchObject({ private: { n: 2 }, createdAt: before?.createdAt });
  expect(a?.version).toBeGreaterThan(before?.version ?? Number.NaN);
  expect(a?.claimsVersion).toBe(a?.version);
  expect(b?.private).toEqual({ n: 1, here: true });
  expect((await importFile("supertokens", rows(2, 2))).counts).toEqual([2, 0, 1, 1, 0, 0]);
});

test.each(SOURCE_NAMES)("docs/import.md has what is known of %s", (name) => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/import.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith(`| \`${name}\` |`));
  for (const tier of Object.keys(SOURCES[name].metadata))
    expect(rows.filter((row) => row.includes(`\`${tier}\``)).length).toBeGreaterThan(0);
});
