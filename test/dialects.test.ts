import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  createUserMetadata,
  type Dialect,
  jwtSessions,
  memoryStore,
  nativeDialect,
  TIERS,
  type Tier,
  tokenIssuer,
  type UserMetadataOptions,
} from "@usermeta/core";
import { bizzkitDialect } from "@usermeta/core/bizzkit";
import { clerkDialect } from "@usermeta/core/clerk";
import { superTokensDialect } from "@usermeta/core/supertokens";
import * as onExpress from "@usermeta/express";
import * as onFastify from "@usermeta/fastify";
import express from "express";
import { fastify } from "fastify";
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";

import { ROOT } from "./source.ts";

const ADMIN_KEY = "key-of-all-dialects-1";
const JANE = "jane.doe@example.com";
const JSON_TYPE = { "content-type": "application/json" };
const BEARER = { authorization: `Bearer ${ADMIN_KEY}` };

const dialectsWith = (tier: Tier): readonly Dialect[] => [
  nativeDialect(),
  superTokensDialect({ tier }),
  clerkDialect(),
  bizzkitDialect(),
];

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, if it is JSON. */
  readonly body: unknown;
}
type Call = (
  method: string,
  path: string,
  json?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

const ADAPTERS = {
  express: async (metadata: Parameters<typeof onExpress.userMetadata>[0]) => {
    const server = express().use(onExpress.userMetadata(metadata)).listen(0, "127.0.0.1");
    onTestFinished(() => server[Symbol.asyncDispose]());
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  fastify: async (metadata: Parameters<typeof onExpress.userMetadata>[0]) => {
    const app = fastify({ forceCloseConnections: true });
    onTestFinished(async () => app.close());
    await app.register(onFastify.userMetadata, { metadata });
    return app.listen({ host: "127.0.0.1", port: 0 });
  },
};
type AdapterName = keyof typeof ADAPTERS;

/** All dialects on one engine, over HTTP; SuperTokens' is about the tier. */
const serve = async (
  tier: Tier,
  { adapter = "express", ...options }: Partial<UserMetadataOptions> & { adapter?: AdapterName } = {},
) => {
  const who = { issuer: "https://issuer.test", audience: "app" };
  const issuer = tokenIssuer(who);
  const metadata = createUserMetadata({
    store: memoryStore(),
    adminKeys: [ADMIN_KEY],
    dialects: dialectsWith(tier),
    sessions: jwtSessions({ ...who, keys: issuer.jwks }),
    issuer,
    ...options,
  });
  const url = await ADAPTERS[adapter](metadata);
  const call: Call = async (method, path, json, headers = {}) => {
    const init =
      json === undefined ? {} : { body: JSON.stringify(json), headers: { ...JSON_TYPE, ...headers } };
    const response = await fetch(url + path, { method, headers, ...init });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const payload = async () => {
    const token = await metadata.issueToken(JANE);
    return (await jwtVerify(token, createLocalJWKSet(await issuer.jwks()), who)).payload;
  };
  return { metadata, call, payload };
};

/** A client of one dialect: what it writes of a tier, and what it sees of it. */
interface Client {
  readonly tiers: readonly Tier[];
  /** Replaces the tier, as far as the dialect can. */
  readonly write: (
    call: Call,
    tier: Tier,
    value: object,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
  readonly read: (call: Call, tier: Tier) => Promise<{ value: unknown; etag: string | null }>;
  /** What it is told where the tier would be too large, or the claims. */
  readonly tooLarge: (tier: Tier, about: "tier" | "claims") => object;
  /** What it is told where somebody else wrote in between. */
  readonly mismatch: object;
}

const USER = encodeURIComponent(JANE);
const problem = (status: number, code: string) => ({ status, body: { status, code } });
const PROBLEMS = {
  tooLarge: (_: Tier, about: string) => problem(422, `${about === "tier" ? "tier" : "claims"}_too_large`),
  mismatch: problem(412, "version_mismatch"),
};
const readFrom =
  (
    path: string,
    headers: Record<string, string>,
    pick: (body: never, tier: Tier) => unknown,
  ): Client["read"] =>
  async (call, tier) => {
    const answer = await call("GET", path, undefined, headers);
    expect(answer.status).toBe(200);
    return { value: pick(answer.body as never, tier), etag: answer.headers.get("etag") };
  };

const CDI = { "api-key": ADMIN_KEY, "cdi-version": "5.4" };
const CDI_PATH = "/recipe/user/metadata";

const clientsOf = (superTokensTier: Tier): Readonly<Record<string, Client>> => ({
  native: {
    tiers: TIERS,
    write: (call, tier, value, headers) =>
      call("PUT", `/users/${USER}/metadata`, { [`${tier}Metadata`]: value }, { ...BEARER, ...headers }),
    read: readFrom(
      `/users/${USER}/metadata`,
      BEARER,
      (body: Record<string, unknown>, tier) => body[`${tier}Metadata`],
    ),
    ...PROBLEMS,
  },
  supertokens: {
    tiers: [superTokensTier],
    write: async (call, _tier, value, headers) => {
      const { value: before } = await superTokensRead(call, superTokensTier);
      const removed = Object.fromEntries(Object.keys(before as object).map((key) => [key, null]));
      const body = { userId: JANE, metadataUpdate: { ...removed, ...value } };
      return call("PUT", CDI_PATH, body, { ...CDI, ...headers });
    },
    read: (call, tier) => superTokensRead(call, tier),
    tooLarge: (_tier, about) => ({
      status: 400,
      body: expect.stringMatching(
        about === "tier" ? /8193 bytes; the limit is 8192/ : /claims would take \d+ bytes; the limit is 64/,
      ),
    }),
    mismatch: { status: 412, body: expect.stringMatching(/at version \d+/) },
  },
  clerk: {
    tiers: TIERS,
    write: (call, tier, value, headers) =>
      call("PUT", `/v1/users/${USER}/metadata`, { [`${tier}_metadata`]: value }, { ...BEARER, ...headers }),
    read: readFrom(
      `/v1/users/${USER}`,
      BEARER,
      (body: Record<string, unknown>, tier) => body[`${tier}_metadata`],
    ),
    tooLarge: (tier, about) => {
      const meta = about === "tier" ? { meta: { param_name: `${tier}_metadata` } } : {};
      return { status: 422, body: { errors: [{ code: "form_param_exceeds_allowed_size", ...meta }] } };
    },
    mismatch: { status: 412, body: { errors: [{ code: "version_mismatch" }] } },
  },
  bizzkit: {
    tiers: ["public"],
    write: (call, _tier, value, headers) => {
      const metadata = Object.entries(value).map(([key, each]) => ({
        key,
        value: each,
        profileClaim: key === "flagged",
      }));
      return call("PUT", `/api/user/${JANE}/metadata`, { metadata }, { ...BEARER, ...headers });
    },
    read: readFrom(
      `/api/user/${JANE}/metadata`,
      BEARER,
      ({ metadata }: { metadata: readonly { key: string; value: unknown }[] }) =>
        Object.fromEntries(metadata.map(({ key, value }) => [key, value])),
    ),
    ...PROBLEMS,
  },
});

const superTokensRead = readFrom(
  `${CDI_PATH}?userId=${USER}`,
  CDI,
  ({ metadata }: { metadata: unknown }) => metadata,
);

const pairs = TIERS.flatMap((tier) => {
  const clients = Object.entries(clientsOf(tier)).filter(([, client]) => client.tiers.includes(tier));
  return clients.flatMap(([writer]) => clients.map(([reader]) => [tier, writer, reader] as const));
});
const clientOf = (tier: Tier, name: string): Client => clientsOf(tier)[name] as Client;

/** Each of the dialects that have the tier. */
const speakers = TIERS.flatMap((tier) =>
  Object.entries(clientsOf(tier))
    .filter(([, client]) => client.tiers.includes(tier))
    .map(([name]) => [name, tier] as const),
);

describe.each(Object.keys(ADAPTERS) as AdapterName[])("on %s", (adapter) => {
  test.each(pairs)("in the tier %s what %s writes, %s reads", async (tier, writer, reader) => {
    const { metadata, call } = await serve(tier, { adapter });
    const others = Object.fromEntries(
      TIERS.filter((each) => each !== tier).map((each) => [`${each}Metadata`, { each }]),
    );
    await metadata.updateUserMetadata(JANE, { ...others, [`${tier}Metadata`]: { old: true } });
    const value = { "user-theme": "Light", n: 1.5, list: [1, { a: null }], "größe.尺寸/😀": { deep: [[]] } };
    expect((await clientOf(tier, writer).write(call, tier, value)).status).toBe(200);
    const seen = await clientOf(tier, reader).read(call, tier);
    expect(seen.value).toEqual(value);
    const jane = await metadata.getUserMetadata(JANE);
    expect(seen.etag ?? `"${jane.version}"`).toBe(`"${jane.version}"`);
    const { publicMetadata, privateMetadata, unsafeMetadata } = jane;
    expect({ publicMetadata, privateMetadata, unsafeMetadata }).toEqual({
      ...others,
      [`${tier}Metadata`]: value,
    });
  });
});

describe("each in its own words", () => {
  test.each(speakers)("%s: 8192 bytes of the %s tier are stored, 8193 are not", async (name, tier) => {
    const { call } = await serve(tier);
    const { read, tooLarge, write } = clientOf(tier, name);
    const full = { text: "é".repeat(4000) + "x".repeat(8192 - 8000 - '{"text":""}'.length) };
    expect((await write(call, tier, full)).status).toBe(200);
    expect(await write(call, tier, { text: `${full.text}x` })).toMatchObject(tooLarge(tier, "tier"));
    expect((await read(call, tier)).value).toEqual(full);
  });

  test.each(speakers.filter(([, tier]) => tier === "public"))(
    "%s: claims over their budget are refused at the write",
    async (name, tier) => {
      const { metadata, call } = await serve(tier, { claims: { maxBytes: 64 } });
      const { tooLarge, write } = clientOf(tier, name);
      await metadata.updateUserMetadata(JANE, { publicMetadata: { flagged: "Light" }, claims: ["flagged"] });
      expect(await write(call, tier, { flagged: "x".repeat(64) })).toMatchObject(tooLarge(tier, "claims"));
      expect(await metadata.claims(JANE)).toMatchObject({ metadata_flagged: "Light" });
      expect((await write(call, tier, { flagged: "Dark" })).status).toBe(200);
      expect(await metadata.claims(JANE)).toMatchObject({ metadata_flagged: "Dark" });
    },
  );

  test.each(speakers)(
    "%s: under If-Match nothing of the %s tier is written over another's write",
    async (name, tier) => {
      const { metadata, call } = await serve(tier);
      const { mismatch, write } = clientOf(tier, name);
      const { version } = await metadata.updateUserMetadata(JANE, { [`${tier}Metadata`]: { n: 1 } });
      const { version: next } = await metadata.updateUserMetadata(JANE, { privateMetadata: { other: true } });
      const stale = { "if-match": `"${version}"` };
      expect(await write(call, tier, { n: 2 }, stale)).toMatchObject(mismatch);
      expect((await metadata.getUserMetadata(JANE)).version).toBe(next);
      expect((await write(call, tier, { n: 2 }, { "if-match": `"${next}"` })).status).toBe(200);
    },
  );
});

test("a profile claim of bizzkit is followed by whoever writes its key, and leaves the token with it", async () => {
  const { call, payload } = await serve("public");
  const one = `/api/user/${JANE}/metadata/user-theme`;
  await call("PUT", one, { value: "Light", profileClaim: true }, BEARER);
  expect(await payload()).toMatchObject({ sub: JANE, "metadata_user-theme": "Light" });
  await call("PATCH", `/v1/users/${USER}/metadata`, { public_metadata: { "user-theme": "Dark" } }, BEARER);
  expect(await payload()).toMatchObject({ "metadata_user-theme": "Dark" });
  const update = { userId: JANE, metadataUpdate: { "user-theme": null } };
  expect((await call("PUT", CDI_PATH, update, CDI)).status).toBe(200);
  expect(await payload()).not.toHaveProperty("metadata_user-theme");
  await call("PATCH", `/users/${USER}/metadata`, { publicMetadata: { "user-theme": "Blue" } }, BEARER);
  const { body } = await call("GET", `/api/user/${JANE}/metadata`, undefined, BEARER);
  expect(body).toEqual({ metadata: [{ key: "user-theme", value: "Blue", profileClaim: false }] });
});

test("a user's own writes meet in the unsafe tier: native and Clerk's front end", async () => {
  const { metadata, call } = await serve("private");
  const own = { authorization: `Bearer ${await metadata.issueToken(JANE)}` };
  await call("PATCH", "/v1/me/metadata", { unsafe_metadata: { theme: "dark" } }, own);
  expect((await call("GET", "/metadata", undefined, own)).body).toMatchObject({
    unsafeMetadata: { theme: "dark" },
  });
  await call("PATCH", "/metadata", { size: 3 }, own);
  expect((await call("GET", "/v1/me", undefined, own)).body).toMatchObject({
    response: { unsafe_metadata: { theme: "dark", size: 3 } },
  });
});

test("what one removes is gone for all", async () => {
  const removals: readonly ((call: Call) => Promise<Answer>)[] = [
    (call) => call("DELETE", `/users/${USER}/metadata`, undefined, BEARER),
    (call) => call("DELETE", `/v1/users/${USER}`, undefined, BEARER),
    (call) => call("POST", `${CDI_PATH}/remove`, { userId: JANE }, CDI),
    (call) => call("DELETE", `/api/user/${JANE}/metadata/plan`, undefined, BEARER),
  ];
  for (const remove of removals) {
    const { metadata, call } = await serve("public");
    await metadata.updateUserMetadata(JANE, { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    expect((await remove(call)).status).toBeLessThan(300);
    const { native, supertokens, bizzkit } = clientsOf("public");
    for (const client of [native, supertokens, bizzkit])
      expect((await client?.read(call, "public"))?.value).toEqual({});
    expect(await metadata.claims(JANE)).not.toHaveProperty("metadata_plan");
  }
});

test("no path of one is answered by another", async () => {
  const all = dialectsWith("private");
  const issuer = tokenIssuer({ issuer: "https://issuer.test", audience: "app" });
  const alone = all.map((dialect) =>
    createUserMetadata({ store: memoryStore(), issuer, dialects: [dialect] }),
  );
  const ask = (metadata: (typeof alone)[number], path: string) =>
    metadata.handle({ method: "OPTIONS", path, query: "", header: () => undefined, body: async () => "" });
  for (const [index, engine] of alone.entries()) {
    expect(engine.routes).not.toEqual([]);
    for (const { path } of engine.routes) {
      const sample = path.replace(/:\w+/g, "x1");
      const answered = await Promise.all(alone.map(async (each) => (await ask(each, sample)) !== undefined));
      expect([sample, answered]).toEqual([sample, all.map((_, at) => at === index)]);
    }
  }
});

describe("the documentation", () => {
  const issuer = tokenIssuer({ issuer: "https://issuer.test", audience: "app" });
  const routesOf = (...dialects: Dialect[]) =>
    createUserMetadata({ store: memoryStore(), issuer, dialects }).routes;
  const [native, ...others] = dialectsWith("private") as [Dialect, ...Dialect[]];

  test.each(routesOf(native).map(({ method, path }) => `${method} ${path}`))("http.md has %s", (route) => {
    expect(readFileSync(join(ROOT, "docs/http.md"), "utf8")).toContain(`| \`${route}\` |`);
  });

  // The prefixes of an app and a tenant are told once.
  const paths = routesOf(...others).map(({ path }) => path.replace(/^(\/appid-:appId)?(\/:tenantId)?/, ""));
  test.each([...new Set(paths)])("dialects.md has %s", (path) => {
    const told = readFileSync(join(ROOT, "docs/dialects.md"), "utf8").match(
      /(?<=(GET|POST|PUT|PATCH|DELETE) )\/[\w/:.-]+/g,
    );
    expect(told).toContain(path);
  });
});
