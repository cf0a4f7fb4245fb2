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
  const sessions = jwtSessions({ ...WHO, keys: issuer.jwks });
  const metadata = createUserMetadata({ store: memoryStore(), adminKeys: [KEY], sessions, dialects });
  server = await serve({ metadata, port: 0, log: pino({ level: "silent" }), ...options });
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

test("credentials that were accepted have an allowance of their own; invented ones share that of their address", async () => {
  const url = await start({ rateLimit: "3/60s" });
  const session = ["/metadata", { authorization: `Bearer ${await issuer.sign("jane")}` }] as const;
  expect(await statuses(url, [asAdmin, session, guess("a")])).toEqual([200, 200, 401]);
  // The address has used up its three; each of the two has three of its own.
  expect(await statuses(url, [guess("b"), guess("c"), ["/openapi.json", {}]])).toEqual([429, 429, 429]);
  expect(await statuses(url, [asAdmin, asAdmin, asAdmin, asAdmin])).toEqual([200, 200, 200, 429]);
  expect(await statuses(url, [session])).toEqual([200]);
});

test("how a credential is spelled does not make it another one", async () => {
  const url = await start({ rateLimit: "2/60s" });
  const spelled = ["Bearer", "bearer", "BEARER", "Bearer  "].map(
    (scheme) => ["/users/jane/metadata", { authorization: `${scheme} ${KEY}` }] as const,
  );
  expect(await statuses(url, spelled)).toEqual([200, 200, 200, 429]);
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
