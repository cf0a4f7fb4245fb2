import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  type ClientOptions,
  createUserMetadataClient,
  MetadataClientError,
  type UserMetadataClient,
} from "../src/index.ts";
import { waitMs } from "../src/transport.ts";
import { type Between, loseAnswer, refuse, script, startServer, type TestServer } from "./server.ts";

interface Signed {
  readonly client: UserMetadataClient;
  readonly server: TestServer;
  /** How often the app made a fresh token. */
  readonly refreshes: () => number;
}

/** A server, and a client of jane's that is quick to try again. */
const signIn = async (options: Partial<ClientOptions> = {}): Promise<Signed> => {
  const server = await startServer();
  let token = await server.metadata.issueToken("jane");
  let refreshes = 0;
  const client = createUserMetadataClient({
    baseUrl: `${server.url}/auth/`,
    getToken: () => token,
    refreshToken: async () => {
      refreshes += 1;
      token = await server.metadata.issueToken("jane");
    },
    retryDelayMs: 1,
    ...options,
  });
  return { client, server, refreshes: () => refreshes };
};

const stored = async ({ server }: Pick<Signed, "server">) =>
  (await server.metadata.getUserMetadata("jane")).unsafeMetadata;
const failure = async (promise: Promise<unknown>): Promise<MetadataClientError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!MetadataClientError.is(error)) throw new Error(`no MetadataClientError: ${error}`);
  return error;
};
describe("the history", () => {
  test("is read page by page, and tells nothing private", async () => {
    const { client, server } = await signIn();
    await server.metadata.updateUserMetadata(
      "jane",
      { publicMetadata: { plan: "pro" }, privateMetadata: { secret: "marker" } },
      { by: "billing" },
    );
    await client.update({ theme: "dark" });
    const first = await client.history({ limit: 1 });
    expect(first.entries).toMatchObject([
      { by: "user", changes: [{ op: "add", path: "/unsafeMetadata/theme", value: "dark" }] },
    ]);
    const { entries, cursor } = await client.history({ cursor: first.cursor });
    expect(entries).toMatchObject([
      { by: "server", changes: [{ path: "/publicMetadata/plan", value: "pro" }] },
    ]);
    expect(cursor).toBeUndefined();
    expect(JSON.stringify([first, entries])).not.toMatch(/marker|billing/);
  });

  test("is given up with its signal, and refused with the server's code", async () => {
    const { client } = await signIn();
    const signal = AbortSignal.abort();
    expect((await failure(client.history({ signal }))).code).toBe("aborted");
    expect((await failure(client.history({ limit: 501 }))).code).toBe("query_invalid");
  });
});

describe("loading", () => {
  test("tells who is signed in and what they have, and nothing private", async () => {
    const { client, server } = await signIn();
    expect(client.getSnapshot()).toMatchObject({
      isLoaded: false,
      isSignedIn: undefined,
      unsafeMetadata: {},
    });
    await server.metadata.updateUserMetadata("jane", {
      publicMetadata: { plan: "pro" },
      privateMetadata: { secret: "marker" },
      unsafeMetadata: { theme: "dark" },
    });
    const snapshot = await client.load();
    expect(snapshot).toMatchObject({
      isLoaded: true,
      isSignedIn: true,
      isSaving: false,
      error: undefined,
      userId: "jane",
      publicMetadata: { plan: "pro" },
      unsafeMetadata: { theme: "dark" },
    });
    expect(JSON.stringify(snapshot)).not.toContain("marker");
    expect(client.getSnapshot()).toBe(snapshot);
  });

  test("asks under the version it has, and keeps the snapshot if nothing changed", async () => {
    const { client, server } = await signIn();
    await server.metadata.updateUserMetadata("jane", { unsafeMetadata: { a: 1 } });
    const first = await client.load();
    const statuses: number[] = [];
    server.between = (_request, response, pass) => {
      response.once("finish", () => statuses.push(response.statusCode));
      pass();
    };
    expect(await client.load()).toBe(first);
    await server.metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" } });
    expect((await client.load()).publicMetadata).toEqual({ plan: "pro" });
    expect(statuses).toEqual([304, 200]);
  });

  test("calls of one moment share a request; a later one reads what has changed since", async () => {
    const { client, server } = await signIn();
    await Promise.all([client.load(), client.load(), client.load()]);
    expect(server.requests).toEqual(["GET /auth/metadata"]);
    const reading = client.load();
    const [request] = await new Promise<[string]>((resolve) => {
      server.between = (request, _response, pass) => {
        resolve([String(request.method)]);
        pass();
      };
    });
    expect(request).toBe("GET");
    const again = client.load();
    await Promise.all([reading, again]);
    expect(server.requests).toHaveLength(3);
  });

  test("nobody signed in is an answer, by no token and by a 401 alike; with no token nothing is sent", async () => {
    const { server } = await signIn();
    for (const getToken of [() => null, undefined]) {
      const client = createUserMetadataClient({
        baseUrl: `${server.url}/auth`,
        ...(getToken && { getToken }),
      });
      expect(await client.load()).toMatchObject({ isLoaded: true, isSignedIn: false, error: undefined });
      expect((await failure(client.update({ a: 1 }))).code).toBe("session_missing");
      expect(client.getSnapshot().unsafeMetadata).toEqual({});
    }
    expect(server.requests).toEqual(["GET /auth/metadata", "GET /auth/metadata"]);
  });

  test("who signs out is forgotten with the next load", async () => {
    const { server } = await signIn();
    let token: string | null = await server.metadata.issueToken("jane");
    const client = createUserMetadataClient({ baseUrl: `${server.url}/auth`, getToken: () => token });
    await client.update({ a: 1 });
    token = null;
    expect(await client.load()).toMatchObject({
      isSignedIn: false,
      userId: undefined,
      unsafeMetadata: {},
      version: 0,
    });
  });

  test("a page of something else is told as a wrong baseUrl", async () => {
    const { server } = await signIn();
    const client = createUserMetadataClient({ baseUrl: `${server.url}/elsewhere` });
    const error = await failure(client.load());
    expect([error.code, error.status]).toEqual(["answer_unexpected", 404]);
    expect(error.message).toContain("baseUrl");
    expect(client.getSnapshot()).toMatchObject({ isLoaded: false, error });
  });

  test("JSON of something else is told as well", async () => {
    const { client, server } = await signIn();
    server.between = (_request, response) => void response.end('{"ok":true}');
    expect((await failure(client.load())).code).toBe("answer_unexpected");
  });
});

describe("updating", () => {
  test("merges deeply and at once, and null removes, as the server has it too", async () => {
    const signed = await signIn();
    const { client, server } = signed;
    await server.metadata.updateUserMetadata("jane", {
      unsafeMetadata: { a: { b: 1, c: 2 }, d: [1, 2], e: 5 },
    });
    await client.load();
    const saving = client.update({ a: { b: null, x: new Date(0) }, d: [3], e: null, __proto__: undefined });
    const optimistic = client.getSnapshot();
    expect(optimistic).toMatchObject({ isSaving: true });
    expect(optimistic.unsafeMetadata).toEqual({ a: { c: 2, x: "1970-01-01T00:00:00.000Z" }, d: [3] });
    const saved = await saving;
    expect(saved).toMatchObject({ isSaving: false, unsafeMetadata: optimistic.unsafeMetadata });
    expect(await stored(signed)).toEqual(optimistic.unsafeMetadata);
  });

  test("does not look at what it was given again", async () => {
    const signed = await signIn();
    const patch = { list: [1] };
    const saving = signed.client.update(patch);
    patch.list.push(2);
    await saving;
    expect(await stored(signed)).toEqual({ list: [1] });
  });

  test("before a load, reads first", async () => {
    const signed = await signIn();
    await signed.server.metadata.updateUserMetadata("jane", { unsafeMetadata: { a: 1 } });
    expect((await signed.client.update({ b: 2 })).unsafeMetadata).toEqual({ a: 1, b: 2 });
    expect(signed.server.requests).toEqual(["GET /auth/metadata", "PATCH /auth/metadata"]);
  });

  test("edits are sent in order, each once, and none is lost", async () => {
    const signed = await signIn();
    await Promise.all(Array.from({ length: 20 }, (_, n) => signed.client.update({ last: n, [`k${n}`]: n })));
    expect(await stored(signed)).toMatchObject({ last: 19, k0: 0, k19: 19 });
    expect(signed.server.requests.filter((each) => each.startsWith("PATCH"))).toHaveLength(20);
  });

  test("one that is refused is taken back with its reason, and those after it stay", async () => {
    const signed = await signIn();
    const { client } = signed;
    await client.update({ theme: "dark" });
    const big = client.update({ big: "x".repeat(9000) });
    const small = client.update({ small: 1 });
    expect(Object.keys(client.getSnapshot().unsafeMetadata)).toEqual(["theme", "big", "small"]);
    const error = await failure(big);
    expect(client.getSnapshot()).toMatchObject({
      error,
      isSaving: true,
      unsafeMetadata: { theme: "dark", small: 1 },
    });
    expect(client.getSnapshot().unsafeMetadata).not.toHaveProperty("big");
    expect(MetadataClientError.is(error, "tier_too_large") && error.details).toMatchObject({
      maxBytes: 8192,
    });
    expect(error.outcomeUnknown).toBe(false);
    await small;
    expect(await stored(signed)).toEqual({ theme: "dark", small: 1 });
    await client.update({ small: 2 });
    expect(client.getSnapshot().error).toBeUndefined();
  });

  test("two clients that change different keys both keep theirs", async () => {
    const signed = await signIn();
    const { client, server } = signed;
    const token = await server.metadata.issueToken("jane");
    const other = createUserMetadataClient({ baseUrl: `${server.url}/auth`, getToken: () => token });
    await Promise.all([client.load(), other.load()]);
    await client.update({ a: 1 });
    const both = await other.update({ b: 2 });
    expect(both.unsafeMetadata).toEqual({ a: 1, b: 2 });
    expect(await stored(signed)).toEqual({ a: 1, b: 2 });
  });

  test("gives up where others write all the time, with a conflict", async () => {
    const signed = await signIn();
    const { client, server } = signed;
    await client.load();
    let n = 0;
    server.between = (request, _response, pass) => {
      if (request.method !== "PATCH") return pass();
      n += 1;
      void server.metadata.updateUserMetadata("jane", { unsafeMetadata: { n } }).then(pass);
    };
    const error = await failure(client.update({ mine: 1 }));
    expect(error.code).toBe("version_mismatch");
    expect(client.getSnapshot()).toMatchObject({ error, unsafeMetadata: { n: 6 } });
    expect(await stored(signed)).toEqual({ n: 6 });
  });

  test.each([[undefined], [null], [[1]], ["text"]])(
    "refuses %j before anything is shown or sent",
    async (patch) => {
      const { client, server } = await signIn();
      expect((await failure(client.update(patch as never))).code).toBe("json_not_object");
      expect((await failure(client.replace(patch as never))).code).toBe("json_not_object");
      expect(client.getSnapshot().isSaving).toBe(false);
      expect(server.requests).toEqual([]);
    },
  );
});

describe("replacing", () => {
  test("replaces the tier, at once", async () => {
    const signed = await signIn();
    await signed.client.update({ a: 1 });
    const saving = signed.client.replace({ b: { c: null } });
    expect(signed.client.getSnapshot().unsafeMetadata).toEqual({ b: { c: null } });
    await saving;
    expect(await stored(signed)).toEqual({ b: { c: null } });
  });

  test("is a conflict where somebody else has written, and theirs is shown then", async () => {
    const signed = await signIn();
    const { client, server } = signed;
    await client.update({ a: 1 });
    await server.metadata.updateUserMetadata("jane", { unsafeMetadata: { b: 2 } });
    const error = await failure(client.replace({ c: 3 }));
    expect([error.code, error.status]).toEqual(["version_mismatch", 412]);
    expect(client.getSnapshot()).toMatchObject({ error, isSaving: false, unsafeMetadata: { a: 1, b: 2 } });
    await client.replace({ c: 3 });
    expect(await stored(signed)).toEqual({ c: 3 });
  });
});

describe("a bad connection", () => {
  const lose = (request: Parameters<typeof loseAnswer>[0]): void => void request.socket.destroy();

  test("is tried again until it is stored", async () => {
    const signed = await signIn();
    const { client, server } = signed;
    await client.load();
    server.between = script("PATCH", lose, refuse(503, "store_busy"), refuse(502));
    await client.update({ a: 1 });
    expect(await stored(signed)).toEqual({ a: 1 });
    expect(client.getSnapshot()).toMatchObject({ error: undefined, unsafeMetadata: { a: 1 } });
  });

  test("a write whose answer was lost is not applied twice", async () => {
    const { client, server } = await signIn();
    await client.load();
    server.between = script("PATCH", loseAnswer);
    const { version } = await client.update({ list: [1] });
    expect((await server.metadata.getUserMetadata("jane")).version).toBe(version);
    expect(server.requests.slice(1)).toEqual([
      "PATCH /auth/metadata",
      "PATCH /auth/metadata",
      "GET /auth/metadata",
    ]);
    server.between = script("PUT", loseAnswer);
    const replaced = await client.replace({ list: [2] });
    expect((await server.metadata.getUserMetadata("jane")).version).toBe(replaced.version);
  });

  test("one whose answer was lost does not undo what somebody wrote after it", async () => {
    const signed = await signIn();
    const { client, server } = signed;
    await client.update({ theme: "light" });
    const after = async (unsafeMetadata: object): Promise<void> => {
      server.between = script("PATCH", loseAnswer, (_request, _response, pass) => {
        void server.metadata.updateUserMetadata("jane", { unsafeMetadata }).then(pass);
      });
    };
    await after({ theme: "theirs" });
    const error = await failure(client.update({ theme: "mine" }));
    expect([error.code, error.outcomeUnknown]).toEqual(["version_mismatch", true]);
    expect(await stored(signed)).toEqual({ theme: "theirs" });
    expect(client.getSnapshot().unsafeMetadata).toEqual({ theme: "theirs" });
    await after({ other: 1 });
    await client.update({ theme: "mine" });
    expect(await stored(signed)).toEqual({ theme: "mine", other: 1 });
  });

  test("one that never got through is sent on top of what somebody wrote elsewhere", async () => {
    const signed = await signIn();
    const { client, server } = signed;
    await client.update({ theme: { a: 1 } });
    server.between = script("PATCH", lose, (_request, _response, pass) => {
      void server.metadata.updateUserMetadata("jane", { unsafeMetadata: { other: 1 } }).then(pass);
    });
    await client.update({ theme: { b: 2 } });
    expect(await stored(signed)).toEqual({ theme: { a: 1, b: 2 }, other: 1 });
  });

  test("fails after the retries, is taken back, and says that it may be stored", async () => {
    const { client, server } = await signIn({ retries: 2 });
    await client.update({ a: 1 });
    const before = server.requests.length;
    server.between = (request) => lose(request);
    const error = await failure(client.update({ a: 2 }));
    expect([error.code, error.status, error.outcomeUnknown]).toEqual(["network_failed", 0, true]);
    expect(server.requests.length - before).toBe(3);
    expect(client.getSnapshot()).toMatchObject({ error, isSaving: false, unsafeMetadata: { a: 1 } });
    expect((await failure(client.load())).outcomeUnknown).toBe(false);
  });

  test("a server that does not answer counts as none", async () => {
    const { client, server } = await signIn({ timeoutMs: 20, retries: 1 });
    server.between = () => undefined;
    expect((await failure(client.load())).code).toBe("network_failed");
    expect(server.requests).toHaveLength(2);
  });

  test("waits as long as a busy server asks, longer with each try, and 30 s at most", async () => {
    const { client, server } = await signIn({ retries: 0 });
    server.between = refuse(429, "rate", { "retry-after": "2" });
    expect((await failure(client.load())).retryAfterMs).toBe(2000);
    expect(waitMs({ retryAfterMs: 2000 }, 300)).toBe(2000);
    expect(waitMs({ retryAfterMs: 900_000 }, 300)).toBe(30_000);
    const backoffs = Array.from({ length: 100 }, () => waitMs({ retryAfterMs: undefined }, 1000));
    expect(Math.min(...backoffs)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...backoffs)).toBeLessThanOrEqual(1000);
  });

  describe("offline", () => {
    afterEach(() => vi.unstubAllGlobals());

    test("waits for the network, and gives up if the app does", async () => {
      const signed = await signIn();
      const { client, server } = signed;
      await client.load();
      const target = new EventTarget();
      vi.stubGlobal("navigator", { onLine: false });
      vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
      const controller = new AbortController();
      const abandoned = client.update({ a: 1 }, controller);
      controller.abort();
      expect(await failure(abandoned)).toMatchObject({ code: "aborted", outcomeUnknown: false });
      const saving = client.update({ b: 2 });
      expect(client.getSnapshot()).toMatchObject({ isSaving: true, unsafeMetadata: { b: 2 } });
      expect(server.requests).toHaveLength(1);
      vi.stubGlobal("navigator", { onLine: true });
      await Promise.all([saving, Promise.resolve().then(() => target.dispatchEvent(new Event("online")))]);
      expect(await stored(signed)).toEqual({ b: 2 });
    });
  });
});

describe("tokens", () => {
  test("a write that changes what the token says brings a fresh one, before the next request", async () => {
    const { client, server, refreshes } = await signIn();
    await client.update({ note: 1 });
    expect(refreshes()).toBe(0);
    await client.update({ theme: "dark" });
    expect(refreshes()).toBe(1);
    const card = await client.fetch("/card");
    expect([card.status, await card.json()]).toEqual([200, expect.objectContaining({ theme: "dark" })]);
    expect(server.requests.filter((each) => each === "GET /card")).toHaveLength(1);
  });

  test("a stale token is refreshed once for all who wait, and the request succeeds", async () => {
    const { client, server, refreshes } = await signIn();
    await client.load();
    await server.metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" }, claims: ["plan"] });
    const answers = await Promise.all([
      client.fetch("/card", { method: "POST", body: "x" }),
      client.fetch(new URL("/card", server.url)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(refreshes()).toBe(1);
    expect(server.requests).toHaveLength(5);
  });

  test("a token that is refused again is told; the app's 401 comes through", async () => {
    let refreshes = 0;
    const bad = { getToken: () => "garbage", refreshToken: () => void refreshes++ };
    const { client } = await signIn(bad);
    expect((await failure(client.load())).code).toBe("token_invalid");
    expect(client.getSnapshot()).toMatchObject({
      isLoaded: true,
      isSignedIn: false,
      error: { code: "token_invalid" },
    });
    const card = await client.fetch("/card");
    expect([card.status, ((await card.json()) as { code: string }).code]).toEqual([401, "token_invalid"]);
    expect(refreshes).toBe(2);
  });

  test("a 401 in the words of SuperTokens is understood", async () => {
    const { client, server, refreshes } = await signIn();
    const say =
      (message: string): Between =>
      (_request, response) =>
        void response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ message }));
    server.between = script("GET", say("try refresh token"));
    expect((await client.load()).isSignedIn).toBe(true);
    server.between = script("POST", say("try refresh token"));
    expect((await client.fetch("/card", { method: "POST" })).status).toBe(200);
    expect(refreshes()).toBe(2);
    server.between = script("GET", say("unauthorised"));
    expect(await client.load()).toMatchObject({ isLoaded: true, isSignedIn: false, error: undefined });
    expect(refreshes()).toBe(2);
  });

  test("hooks that fail are told with their reason", async () => {
    const cause = new Error("the sign-in is down");
    const fail = () => {
      throw cause;
    };
    const without = await signIn({ getToken: fail });
    expect(await failure(without.client.load())).toMatchObject({ code: "token_unavailable", cause });
    expect(without.client.getSnapshot()).toMatchObject({
      isLoaded: false,
      error: { code: "token_unavailable" },
    });
    const stuck = await signIn({ refreshToken: fail });
    const saved = await stuck.client.update({ theme: "dark" });
    expect(saved).toMatchObject({ unsafeMetadata: { theme: "dark" }, error: { code: "token_unavailable" } });
  });

  test("go to the origin of baseUrl alone", async () => {
    const { client, server } = await signIn();
    const other = await startServer();
    const seen: unknown[] = [];
    other.between = (request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    };
    expect((await failure(client.fetch(`${other.url}/card`))).code).toBe("url_refused");
    expect((await failure(client.fetch("//evil.test/card"))).code).toBe("url_refused");
    expect([seen, server.requests]).toEqual([[], []]);
  });
});

describe("giving up", () => {
  test("an update that is abandoned is taken back, and those after it are sent", async () => {
    const signed = await signIn();
    const { client, server } = signed;
    await client.load();
    const controller = new AbortController();
    server.between = script("PATCH", (request, response) => {
      controller.abort();
      void once(request.socket, "close").then(() => response.destroy());
    });
    const abandoned = client.update({ a: 1 }, controller);
    const next = client.update({ b: 2 });
    expect(await failure(abandoned)).toMatchObject({ code: "aborted", outcomeUnknown: true });
    await next;
    expect(client.getSnapshot()).toMatchObject({ error: undefined, unsafeMetadata: { b: 2 } });
    expect(await stored(signed)).toEqual({ b: 2 });
  });

  test("a load that is abandoned leaves others theirs", async () => {
    const { client } = await signIn();
    const abandoned = failure(client.load({ signal: AbortSignal.abort() }));
    expect((await client.load()).isSignedIn).toBe(true);
    expect((await abandoned).code).toBe("aborted");
  });

  test("reset forgets everything, and what was under way comes to nothing", async () => {
    const signed = await signIn();
    const { client, server } = signed;
    await client.update({ a: 1 });
    server.between = script("PATCH", () => undefined);
    const under = client.update({ b: 2 });
    const waiting = client.update({ c: 3 });
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    client.reset();
    expect(client.getSnapshot()).toMatchObject({
      isLoaded: false,
      isSaving: false,
      userId: undefined,
      unsafeMetadata: {},
    });
    expect([(await failure(under)).code, (await failure(waiting)).code]).toEqual(["aborted", "aborted"]);
    expect(client.getSnapshot()).toMatchObject({ isLoaded: false, error: undefined });
    expect((await client.load()).unsafeMetadata).toEqual({ a: 1 });
    expect(await stored(signed)).toEqual({ a: 1 });
  });

  test("what ends after a reset changes nothing", async () => {
    const refreshToken = (): void => {
      client.reset();
      throw new Error("the sign-in is down");
    };
    const { client } = await signIn({ refreshToken });
    await client.update({ theme: "dark" });
    expect(client.getSnapshot()).toMatchObject({ isLoaded: false, error: undefined, unsafeMetadata: {} });
  });

  test("a change made for one user is not sent for another", async () => {
    const { server } = await signIn();
    let token = await server.metadata.issueToken("jane");
    const client = createUserMetadataClient({ baseUrl: `${server.url}/auth`, getToken: () => token });
    await server.metadata.updateUserMetadata("jane", { unsafeMetadata: { a: 1 } });
    await client.load();
    token = await server.metadata.issueToken("mary");
    await server.metadata.updateUserMetadata("mary", { unsafeMetadata: { m: 1 } });
    expect((await failure(client.update({ mine: 1 }))).code).toBe("user_changed");
    expect((await server.metadata.getUserMetadata("mary")).unsafeMetadata).toEqual({ m: 1 });
    expect(client.getSnapshot()).toMatchObject({ userId: "mary", unsafeMetadata: { m: 1 } });
  });
});

describe("a snapshot", () => {
  test("is told to those who listen, until they stop", async () => {
    const { client } = await signIn();
    const seen: boolean[] = [];
    const listener = (): void => void seen.push(client.getSnapshot().isSaving);
    const stops = [client.subscribe(listener), client.subscribe(listener)];
    await client.load();
    expect(seen).toEqual([false, false]);
    stops[0]?.();
    await client.update({ a: 1 });
    expect(seen.slice(2)).toEqual([true, false]);
    stops[1]?.();
    await client.update({ a: 2 });
    expect(seen).toHaveLength(4);
  });

  test("may come from the server's own rendering, with what a user may see of it alone", async () => {
    const { client, server } = await signIn();
    await server.metadata.updateUserMetadata("jane", {
      privateMetadata: { p: "marker" },
      unsafeMetadata: { a: 1 },
    });
    const view = await server.metadata.getUserMetadata("jane");
    client.hydrate({ ...view, ...{ privateMetadata: view.privateMetadata } });
    expect(client.getSnapshot()).toMatchObject({ isLoaded: true, userId: "jane", unsafeMetadata: { a: 1 } });
    expect(JSON.stringify(client.getSnapshot())).not.toContain("marker");
    expect((await client.update({ b: 2 })).unsafeMetadata).toEqual({ a: 1, b: 2 });
    expect(server.requests).toEqual(["PATCH /auth/metadata"]);
    client.hydrate(view);
    expect(client.getSnapshot().unsafeMetadata).toEqual({ a: 1, b: 2 });
    client.hydrate(await server.metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" } }));
    expect(client.getSnapshot().publicMetadata).toEqual({ plan: "pro" });
    client.hydrate(null);
    expect(client.getSnapshot()).toMatchObject({ isLoaded: true, isSignedIn: false, unsafeMetadata: {} });
    client.hydrate(view);
    expect(client.getSnapshot()).toMatchObject({ isSignedIn: true, userId: "jane" });
  });
});

describe("options", () => {
  test.each([
    [undefined, "baseUrl is missing"],
    [{ baseUrl: 7 }, "baseUrl is of the type number"],
    [{ baseUrl: "/auth", getTokn: () => "x" }, '"getTokn" is not an option'],
    [{ baseUrl: "/auth", getToken: "x" }, "getToken is of the type string"],
  ])("%j are refused when the client is made", (options, message) => {
    expect(() => createUserMetadataClient(options as never)).toThrow(
      expect.objectContaining({ code: "options_invalid", message: expect.stringContaining(message) }),
    );
  });
});
