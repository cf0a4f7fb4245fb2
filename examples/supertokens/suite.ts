/** What every SuperTokens example does, whatever its framework: its test starts it and calls this. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUserMetadataClient } from "@usermeta/client";
import { createUserMetadata } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { startDevCore } from "@usermeta/supertokens/dev-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExampleOptions, findCore } from "./index.ts";

/** An example that listens. */
export interface RunningExample {
  /** Its origin, without a trailing slash. */
  readonly url: string;
  close(): Promise<unknown>;
}

/** An example on a Node server that listens on a free port; its engine is closed with it. */
export async function listening(
  server: Server,
  metadata: { close(): Promise<void> },
): Promise<RunningExample> {
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      await server[Symbol.asyncDispose]();
      await metadata.close();
    },
  };
}

/** The paths of an example, below its origin. */
export interface ExamplePaths {
  /** SuperTokens' own routes. @default "/auth" */
  readonly auth?: string;
  /** The app's own route, guarded by SuperTokens. @default "/updateinfo" */
  readonly own?: string;
  /** Ours, guarded by `superTokensSessions`. @default "/usermeta/metadata" */
  readonly mounted?: string;
  /** The sign-in for development. @default "/dev/sign-in" */
  readonly signIn?: string;
  /** The app's own route that wants a fresh token and tells what is in it. @default "" there is none */
  readonly card?: string;
}

type Mode = "header" | "cookie";

/** What a frontend keeps of a session. */
interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly antiCsrf: string | undefined;
}

const HOUR_MS = 3_600_000;
const hasRealCore = Boolean(process.env.SUPERTOKENS_CONNECTION_URI);

/** The story of SuperTokens' session on its own guarded route and on our mounted one, over HTTP. */
export const testSuperTokensExample = (
  start: (options: ExampleOptions) => Promise<RunningExample>,
  paths: ExamplePaths = {},
): void => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-supertokens-"));
  const path = join(folder, "app.db");
  const story: Story = { ...PATHS, ...paths, path, offset: 0, url: "" };
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const now = (): number => Date.now() + story.offset;
    const dev = hasRealCore ? undefined : await startDevCore({ port: 0, now });
    if (dev) closing.push(() => dev.close());
    const example = await start({ path, ...(dev ? { connectionURI: dev.url } : await findCore()) });
    closing.unshift(() => example.close());
    story.url = example.url;
  }, 120_000);
  afterAll(async () => {
    for (const close of closing) await close();
    rmSync(folder, { recursive: true });
  });

  describe("the app's own route", () => testGuard(story, { target: story.own, method: "POST" }));
  describe("our mounted route", () => testGuard(story, { target: story.mounted, method: "PATCH" }));
  testWriting(story);
  if (story.card) testFresh(story);
};

const PATHS = {
  auth: "/auth",
  own: "/updateinfo",
  mounted: "/usermeta/metadata",
  signIn: "/dev/sign-in",
  card: "",
} satisfies ExamplePaths;

interface Story extends Required<ExamplePaths> {
  /** The SQLite file. */
  readonly path: string;
  /** How far the development core's clock is off, so that a test need not wait for a token to expire. */
  offset: number;
  url: string;
}

const enter = async ({ url, signIn }: Story, userId: string, mode: Mode = "header"): Promise<Tokens> => {
  const headers = { "content-type": "application/json", "st-auth-mode": mode };
  const answer = await fetch(url + signIn, { method: "POST", headers, body: JSON.stringify({ userId }) });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return tokensOf(answer, mode);
};

/** Calls one of SuperTokens' own routes. */
const callSdk = ({ url, auth }: Story, route: string, token: string): Promise<Response> =>
  fetch(url + auth + route, { method: "POST", headers: { ...bearer(token), rid: "session" } });

/** What a guarded route answers to each kind of session. */
const testGuard = (story: Story, { target, method }: { target: string; method: string }): void => {
  const ask = async (headers: Record<string, string> = {}) => {
    const json = { "content-type": "application/json", ...headers };
    const answer = await fetch(story.url + target, { method, headers: json, body: '{"theme":"dark"}' });
    const text = await answer.text();
    return {
      status: answer.status,
      body: text.startsWith("{") ? JSON.parse(text) : text,
      headers: answer.headers,
    };
  };
  const UNAUTHORISED = { status: 401, body: { message: "unauthorised" } };
  const REFRESH = { status: 401, body: { message: "try refresh token" } };

  test("no session is a 401, and so is garbage", async () => {
    expect(await ask()).toMatchObject(UNAUTHORISED);
    expect(await ask(bearer("garbage"))).toMatchObject(UNAUTHORISED);
  });

  test("a session is let through", async () => {
    const { access } = await enter(story, "ann");
    expect(await ask(bearer(access))).toMatchObject({ status: 200 });
  });

  test.skipIf(hasRealCore)("an expired token is to be refreshed, and is then let through", async () => {
    story.offset = -2 * HOUR_MS;
    const old = await enter(story, "bob");
    story.offset = 0;
    expect(await ask(bearer(old.access))).toMatchObject(REFRESH);
    const renewed = tokensOf(await callSdk(story, "/session/refresh", old.refresh), "header");
    const answer = await ask(bearer(renewed.access));
    expect(answer).toMatchObject({ status: 200 });
    // Whoever guards the route, the first request after a refresh is told one more access token.
    const told = answer.headers.get("st-access-token") ?? "";
    expect(told).toMatch(/^ey/);
    expect(await ask(bearer(told))).toMatchObject({ status: 200 });
  });

  test("a revoked session is a 401, because the core is asked", async () => {
    const { access } = await enter(story, "cy");
    expect((await callSdk(story, "/signout", access)).status).toBe(200);
    const answer = await ask(bearer(access));
    expect(answer).toMatchObject(UNAUTHORISED);
    // So the frontend forgets its tokens.
    expect(answer.headers.get("front-token")).toBe("remove");
  });

  test("a cookie session that writes needs its anti-CSRF token", async () => {
    const { access, antiCsrf = "" } = await enter(story, "dee", "cookie");
    const cookie = `sAccessToken=${encodeURIComponent(access)}`;
    expect(await ask({ cookie })).toMatchObject(REFRESH);
    expect(await ask({ cookie, "anti-csrf": antiCsrf })).toMatchObject({ status: 200 });
  });

  test("OPTIONS passes", async () => {
    expect((await fetch(story.url + target, { method: "OPTIONS" })).status).toBeLessThan(300);
  });
};

const testWriting = (story: Story): void => {
  test("a sign-in without a user is refused", async () => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(story.url + story.signIn, { method: "POST", headers, body: "{}" });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("userId")]);
  });

  test("SuperTokens' recipe writes our private tier, the mounted routes the unsafe one", async () => {
    const { access } = await enter(story, "eve");
    const headers = { ...bearer(access), "content-type": "application/json" };
    const metadata = createUserMetadata({ store: sqliteStore({ path: story.path }) });
    await metadata.updateUserMetadata("eve", { privateMetadata: { newKey: { old: true }, plan: "pro" } });
    const own = await fetch(story.url + story.own, { method: "POST", headers, body: "{}" });
    expect(await own.json()).toEqual({ message: "successfully updated user metadata" });
    const mounted = story.url + story.mounted;
    const written = await fetch(mounted, { method: "PATCH", headers, body: '{"theme":"dark"}' });
    expect(await written.json()).toMatchObject({ userId: "eve", unsafeMetadata: { theme: "dark" } });
    const { privateMetadata, unsafeMetadata } = await metadata.getUserMetadata("eve");
    await metadata.close();
    expect(privateMetadata).toEqual({ newKey: "data", plan: "pro" });
    expect(unsafeMetadata).toEqual({ theme: "dark" });
    expect(await (await fetch(mounted, { headers })).text()).not.toContain("newKey");
  });

  test("a GET, of which no anti-CSRF token is asked, is not how the app's own route is called", async () => {
    const { access } = await enter(story, "fay", "cookie");
    const headers = { cookie: `sAccessToken=${encodeURIComponent(access)}` };
    expect([404, 405]).toContain((await fetch(story.url + story.own, { headers })).status);
  });
};

const testFresh = (story: Story): void => {
  test("a token older than the metadata is refused, refreshed by SuperTokens' own route, and says what is new", async () => {
    const card = story.url + story.card;
    let tokens = await enter(story, "gil");
    let refreshes = 0;
    const client = createUserMetadataClient({
      baseUrl: story.url,
      getToken: () => tokens.access,
      refreshToken: async () => {
        refreshes++;
        tokens = tokensOf(await callSdk(story, "/session/refresh", tokens.refresh), "header");
      },
    });
    expect(await (await client.fetch(card)).json()).toEqual({ userId: "gil" });

    const metadata = createUserMetadata({ store: sqliteStore({ path: story.path }) });
    await metadata.updateUserMetadata("gil", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    await metadata.close();
    const stale = await fetch(card, { headers: bearer(tokens.access) });
    expect([stale.status, await stale.json()]).toEqual([
      401,
      expect.objectContaining({ code: "token_stale" }),
    ]);
    expect(refreshes).toBe(0);

    for (const _ of ["refreshed", "still fresh"]) {
      const answer = await client.fetch(card);
      expect([answer.status, await answer.json()]).toEqual([200, { userId: "gil", plan: "pro" }]);
      expect(refreshes).toBe(1);
    }
  });
};

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

const tokensOf = ({ headers }: Response, mode: Mode): Tokens => {
  const cookies = new Map(
    headers.getSetCookie().map((cookie) => {
      const [, name = "", value = ""] = /^([^=]*)=([^;]*)/.exec(cookie) ?? [];
      return [name, decodeURIComponent(value)];
    }),
  );
  const of = (header: string, cookie: string): string =>
    (mode === "header" ? headers.get(header) : cookies.get(cookie)) ?? "";
  return {
    access: of("st-access-token", "sAccessToken"),
    refresh: of("st-refresh-token", "sRefreshToken"),
    antiCsrf: headers.get("anti-csrf") ?? undefined,
  };
};
