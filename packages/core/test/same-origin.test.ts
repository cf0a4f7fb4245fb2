import { describe, expect, test } from "vitest";
import { jwtSessions, tokenIssuer } from "../src/index.ts";
import { requestWith } from "./requests.ts";

const WHO = { issuer: "https://issuer.test", audience: "app" };
const issuer = tokenIssuer(WHO);
const sessions = jwtSessions({ ...WHO, keys: issuer.jwks, cookie: "__Host-session" });
const token = await issuer.sign("jane");

const write = async (headers: Record<string, string>, isSecure?: boolean) => {
  const view = { ...requestWith({ cookie: `__Host-session=${token}`, ...headers }, "POST"), isSecure };
  return Promise.resolve()
    .then(() => sessions(view))
    .then(
      (session) => session?.getUserId(),
      ({ code }) => code,
    );
};

describe("the proof of an Origin, without Sec-Fetch-Site", () => {
  const forwarded = { "x-forwarded-proto": "https" };
  test.each<[headers: Record<string, string>, isSecure: boolean, expected: string]>([
    [{ host: "app.test", origin: "https://app.test" }, true, "jane"],
    [{ host: "app.test:443", origin: "https://app.test" }, true, "jane"],
    [{ host: "app.test", origin: "https://app.test:443" }, true, "jane"],
    [{ host: "app.test:80", origin: "http://app.test" }, false, "jane"],
    [{ host: "APP.test", origin: "http://app.test" }, false, "jane"],
    [{ host: "[::1]:3000", origin: "http://[::1]:3000" }, false, "jane"],
    // TLS ends at a proxy, which says so or not.
    [{ host: "app.test", origin: "https://app.test" }, false, "jane"],
    [{ host: "app.test", origin: "https://app.test", ...forwarded }, false, "jane"],
    // A page without TLS, which anyone on the way can write.
    [{ host: "app.test", origin: "http://app.test" }, true, "origin_refused"],
    [{ host: "app.test", origin: "http://app.test", ...forwarded }, false, "origin_refused"],
    [
      { host: "app.test", origin: "http://app.test", "x-forwarded-proto": "http, https" },
      false,
      "origin_refused",
    ],
    [{ host: "app.test:443", origin: "http://app.test" }, false, "origin_refused"],
    [{ host: "app.test:80", origin: "https://app.test" }, true, "origin_refused"],
    [{ host: "app.test:8443", origin: "https://app.test" }, true, "origin_refused"],
    [{ host: "app.test", origin: "ftp://app.test" }, false, "origin_refused"],
    [{ host: "app.test", origin: "null" }, false, "origin_refused"],
    [{ host: "", origin: "https://" }, true, "origin_refused"],
  ])("%j, TLS %j: %s", async (headers, isSecure, expected) => {
    expect(await write(headers, isSecure)).toBe(expected);
  });

  test("needs a Host", async () => {
    expect(await write({ origin: "https://undefined" }, true)).toBe("origin_refused");
  });
});

describe("the cookie's name", () => {
  const read = async (cookie: string) => (await sessions(requestWith({ cookie })))?.getUserId();

  test("is looked for without spaces and tabs around it, and with any other character", async () => {
    expect(await read(` \t__Host-session\t = \t${token} `)).toBe("jane");
    for (const blank of ["\u00a0", "\u2003", "\ufeff", "\v", "\f"]) {
      expect(await read(`${blank}__Host-session=${token}`)).toBeUndefined();
      expect(await read(`__Host-session${blank}=${token}`)).toBeUndefined();
    }
  });

  test("of many cookies of the name, eight are looked at", async () => {
    const stale = (count: number) =>
      Array.from({ length: count }, (_, index) => `__Host-session=stale${index}`);
    expect(await read([...stale(7), `__Host-session=${token}`].join("; "))).toBe("jane");
    await expect(read([...stale(8), `__Host-session=${token}`].join("; "))).rejects.toMatchObject({
      code: "token_invalid",
    });
    // Repetitions count once.
    const repeated = Array.from({ length: 50 }, () => "__Host-session=stale");
    expect(await read([...repeated, `__Host-session=${token}`].join("; "))).toBe("jane");
  });
});
