import { createUserMetadata, jwtSessions, memoryStore, nativeDialect, tokenIssuer } from "@usermeta/core";
import { clerkDialect } from "@usermeta/core/clerk";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { type RunningServer, type ServeOptions, serve } from "@usermeta/server";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";

const KEY = "an-admin-key-of-the-tests";
const WHO = { issuer: "https://issuer.test", audience: "app" };
const issuer = tokenIssuer(WHO);

let server: RunningServer | undefined;
afterEach(() => server?.stop());

const start = async (options: Partial<ServeOptions>, dialects = [nativeDialect()]): Promise<string> => {
  const sessions = jwtSessions({ ...WHO, keys: issuer.jwks, cookie: "session" });
  const metadata = createUserMetadata({ store: memoryStore(), adminKeys: [KEY], sessions, dialects });
  server = await serve({ metadata, adminKeys: [KEY], port: 0, log: pino({ level: "silent" }), ...options });
  return server.url;
};

/** The statuses of requests, one after the other. */
const statuses = async (
  url: string,
  requests: readonly (readonly [path: string, headers: Record<string, string>])[],
) => {
  const found: number[] = [];
  for (const [path, headers] of requests) found.push((await fetch(url + path, { headers })).status);
  return found;
};

const asAdmin = ["/users/jane/metadata", { authorization: `Bearer ${KEY}` }] as const;
const guess = (text: string) => ["/users/jane/metadata", { authorization: `Bearer ${text}` }] as const;

test("each answer says what is left, and a caller beyond it is told when to come again", async () => {
  const url = await start({ rateLimit: "3/60s" });
  const get = async () => (await fetch(`${url}/openapi.json`)).headers;
  const left = [
    (await get()).get("ratelimit"),
    (await get()).get("ratelimit"),
    (await get()).get("ratelimit"),
  ];
  expect(left.map((each) => /^"caller";r=(\d+);t=\d+$/.exec(each ?? "")?.[1])).toEqual(["2", "1", "0"]);
  const refused = await fetch(`${url}/openapi.json`);
  expect([refused.status, await refused.json()]).toMatchObject([429, { code: "rate_limited", status: 429 }]);
  expect(refused.headers.get("ratelimit-policy")).toBe('"caller";q=3;w=60');
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(
    await statuses(url, [
      ["/healthz", {}],
      ["/readyz", {}],
    ]),
  ).toEqual([200, 200]);
});

test.each([
  ["/v1/users", "application/json", { errors: [expect.objectContaining({ code: "too_many_requests" })] }],
  ["/recipe/user/metadata?userId=jane", "text/plain; charset=utf-8", undefined],
])("%s is refused in the shape of its protocol", async (path, type, body) => {
  const url = await start({ rateLimit: "1/60s" }, [clerkDialect(), superTokensDialect()]);
  await fetch(url + path);
  const refused = await fetch(url + path);
  expect([refused.status, refused.headers.get("content-type")]).toEqual([429, type]);
  const text = await refused.text();
  if (body) expect(JSON.parse(text)).toMatchObject(body);
  else expect(text).toContain("Retry-After");
});

const asUser = async (userId: string) =>
  ["/metadata", { authorization: `Bearer ${await issuer.sign(userId)}` }] as const;
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test("a user with a session has an allowance of their own; invented credentials share that of their address", async () => {
  const url = await start({ rateLimit: "3/60s" });
  const [jane, john] = [await asUser("jane"), await asUser("john")];
  expect(await statuses(url, [jane, jane, john, guess("a"), guess("b"), guess("c")])).toEqual([
    200, 200, 200, 401, 401, 401,
  ]);
  // The address has used up its three; what was good before is looked at, and nothing else.
  expect(await statuses(url, [guess("d"), ["/openapi.json", {}], asAdmin])).toEqual([429, 429, 429]);
  expect(await statuses(url, [jane, jane, john, john, john])).toEqual([200, 429, 200, 200, 429]);
});

test("a user is one caller, however many tokens they have, and whatever stands beside them", async () => {
  const url = await start({ rateLimit: "3/60s" });
  const token = await issuer.sign("jane");
  const beside = [
    { cookie: `session=${token}` },
    { cookie: `session=${token}`, authorization: "Basic anVuaw==" },
    { cookie: `session=${token}; a=b`, "api-key": "junk-1" },
    { cookie: `a=c; session=${token}`, "api-key": "junk-2" },
  ].map((headers) => ["/metadata", headers] as const);
  expect(await statuses(url, [...beside, await asUser("jane")])).toEqual([200, 200, 200, 429, 429]);
  // None of them was counted to the address.
  expect(await statuses(url, times(4, ["/openapi.json", {}] as const))).toEqual([200, 200, 200, 429]);
});

test("an admin key is not limited, unless it is said", async () => {
  const metrics = ["/metrics", { authorization: `Bearer ${KEY}` }] as const;
  const free = await start({ rateLimit: "2/60s" });
  expect(await statuses(free, [...times(5, asAdmin), metrics, metrics, metrics])).toEqual(times(8, 200));
  const { headers } = await fetch(free + asAdmin[0], { headers: asAdmin[1] });
  expect(headers.get("ratelimit")).toBeNull();
  await server?.stop();
  const limited = await start({ rateLimit: "off", adminRateLimit: "2/60s" });
  expect(await statuses(limited, [asAdmin, metrics, metrics, asAdmin])).toEqual([200, 200, 429, 429]);
  expect(await statuses(limited, times(5, await asUser("jane")))).toEqual(times(5, 200));
  expect(await statuses(limited, times(5, guess("a")))).toEqual(times(5, 401));
});

test("how a key is spelled does not make it another one", async () => {
  const url = await start({ adminRateLimit: "3/60s" });
  const spelled = ["Bearer", "bearer", "BEARER", "Bearer  "].map(
    (scheme) => ["/users/jane/metadata", { authorization: `${scheme} ${KEY}` }] as const,
  );
  expect(await statuses(url, spelled)).toEqual([200, 200, 200, 429]);
});

test("many guesses at once are no more than the allowance", async () => {
  const url = await start({ rateLimit: "5/60s" });
  const guesses = Array.from({ length: 30 }, (_, index) => guess(`guess-${index}`));
  const found = await Promise.all(guesses.map((each) => statuses(url, [each])));
  expect(found.flat().filter((status) => status === 401)).toHaveLength(5);
});

test("a good key is not found by guessing beyond the allowance", async () => {
  const url = await start({ rateLimit: "2/60s" });
  expect(await statuses(url, [guess("a"), guess("b"), asAdmin])).toEqual([401, 401, 429]);
});

test("what is left is the caller's own", async () => {
  const url = await start({ rateLimit: "3/60s" });
  await statuses(url, [["/openapi.json", {}]]);
  const [path, headers] = await asUser("jane");
  const answer = await fetch(url + path, { headers });
  expect(answer.headers.get("ratelimit")).toMatch(/^"caller";r=2;t=\d+$/);
});

test.each([
  ["a method that is not answered", "PROPFIND"],
  ["an OPTIONS request", "OPTIONS"],
])("%s proves no credentials", async (_, method) => {
  const url = await start({ rateLimit: "2/60s" });
  const headers = { authorization: "Bearer invented-credentials" };
  for (let i = 0; i < 2; i += 1) await fetch(`${url}/metadata`, { method, headers });
  expect(await statuses(url, [["/metadata", headers]])).toEqual([429]);
});

test("a proxy's word for the address is taken from trusted proxies alone", async () => {
  const from = (address: string) => ["/openapi.json", { "x-forwarded-for": address }] as const;
  const behind = await start({ rateLimit: "1/60s", trustProxy: ["loopback"] });
  const ipv6 = ["2001:db8::1", "2001:db8:0:0:1::2", "2001:db8:0:1::1"].map(from);
  expect(await statuses(behind, [from("10.1.1.1"), from("10.1.1.2"), from("10.1.1.1")])).toEqual([
    200, 200, 429,
  ]);
  // Whoever has an address of IPv6 has its /64.
  expect(await statuses(behind, ipv6)).toEqual([200, 429, 200]);
  await server?.stop();
  const open = await start({ rateLimit: "1/60s" });
  expect(await statuses(open, [from("10.1.1.1"), from("10.1.1.2")])).toEqual([200, 429]);
});

test("it can be switched off", async () => {
  const url = await start({ rateLimit: "off" });
  expect((await fetch(`${url}/openapi.json`)).headers.get("ratelimit")).toBeNull();
});
