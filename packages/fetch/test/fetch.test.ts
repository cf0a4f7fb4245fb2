import { Agent, request as httpRequest } from "node:http";
import { createUserMetadata, memoryStore, type Session } from "@usermeta/core";
import { getSession, toRequestView, toResponse, userMetadata, verifySession } from "@usermeta/fetch";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { failingStore, issuingEngine, signedIn } from "../../../test/engines.ts";
import { onHono, onSrvx } from "./start.ts";

const ORIGIN = "https://app.test";

describe("failures", () => {
  test("a failure of the store is thrown with its code; a refusal is a Response", async () => {
    const headers = await signedIn(issuingEngine());
    const handle = userMetadata(
      createUserMetadata({ store: failingStore, sessions: () => ({ ...SESSION }) }),
    );
    await expect(handle(new Request(`${ORIGIN}/metadata`))).rejects.toMatchObject({
      code: "store_unavailable",
      status: 503,
    });
    const refused = await userMetadata(issuingEngine({ store: failingStore }))(
      new Request(`${ORIGIN}/metadata`, { headers }),
    );
    expect([refused?.status, refused?.headers.get("content-type")]).toEqual([
      401,
      "application/problem+json",
    ]);
  });

  test("a failure of a session's verifier is thrown by the guard, and the handler is not called", async () => {
    const sessions = () => Promise.reject(new Error("keys out of reach"));
    const handler = vi.fn();
    const guard = verifySession(createUserMetadata({ store: memoryStore(), sessions }));
    await expect(guard(new Request(ORIGIN), handler)).rejects.toMatchObject({ code: "internal_error" });
    expect(handler).not.toHaveBeenCalled();
  });
});

const SESSION: Session = {
  getUserId: () => "jane",
  getTenantId: () => "public",
  getHandle: () => "",
  getAccessTokenPayload: () => ({}),
};

describe("verifySession", () => {
  test("resolves to the handler's result, of any type", async () => {
    const metadata = issuingEngine();
    const request = new Request(ORIGIN, { headers: await signedIn(metadata) });
    expect(await verifySession(metadata)(request, (session) => session.getUserId())).toBe("jane");
    expect(await verifySession(metadata)(request, async () => ({ loader: "data" }))).toEqual({
      loader: "data",
    });
  });

  test("what the handler throws is thrown, and it is called once", async () => {
    const metadata = issuingEngine();
    const thrown = new Response(null, { status: 302, headers: { location: "/" } });
    const handler = vi.fn(() => Promise.reject(thrown));
    const guarded = verifySession(metadata)(
      new Request(ORIGIN, { headers: await signedIn(metadata) }),
      handler,
    );
    await expect(guarded).rejects.toBe(thrown);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test("the session is typed by the options", () => {
    const metadata = issuingEngine();
    const request = new Request(ORIGIN);
    const required = verifySession(metadata)(request, (session) => {
      expectTypeOf(session).toEqualTypeOf<Session>();
      return 7;
    });
    expectTypeOf(required).toEqualTypeOf<Promise<number | Response>>();
    void verifySession(metadata, { required: false })(request, async (session) => {
      expectTypeOf(session).toEqualTypeOf<Session | undefined>();
      return null;
    });
  });

  test("getSession finds the session of the same Request, and says why there is no session", async () => {
    const metadata = issuingEngine();
    const request = new Request(ORIGIN, { headers: await signedIn(metadata) });
    const code = (from: Request) => {
      try {
        return getSession(from).getUserId();
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code(request)).toBe("session_middleware_missing");
    expect(await verifySession(metadata)(request, () => code(request))).toBe("jane");
    expect(code(new Request(request))).toBe("session_middleware_missing");
    const anonymous = new Request(ORIGIN);
    await verifySession(metadata, { required: false })(anonymous, () => {});
    expect(code(anonymous)).toBe("session_missing");
  });

  test("over HTTP/2 a cookie session proves its origin by the authority", async () => {
    const metadata = issuingEngine();
    const cookie = `session=${await metadata.issueToken("jane")}`;
    const write = (origin: string) =>
      verifySession(metadata)(
        new Request(`${ORIGIN}/own`, { method: "POST", headers: { cookie, origin } }),
        () => "written",
      );
    expect(await write(ORIGIN)).toBe("written");
    expect(await write("https://evil.test")).toMatchObject({ status: 403 });
  });
});

describe("where the routes are", () => {
  const pathOf = (url: string) => toRequestView({ ...new Request(ORIGIN), url } as Request).path;

  test.each([
    ["https://app.test/users/a%2Fb/metadata?x=1#f", "/users/a%2Fb/metadata"],
    ["https://app.test/users/%ZZ/metadata", "/users/%ZZ/metadata"],
    ["https://app.test//metadata", "//metadata"],
    ["https://app.test/a?b=https://other.test/metadata", "/a"],
    ["http://[::1]:8080/metadata", "/metadata"],
    ["https://app.test", "/"],
    ["https://app.test?/metadata", "/"],
  ])("the path of %s is seen as it was sent", (url, path) => {
    expect(pathOf(url)).toBe(path);
  });

  test("what is not below the prefix is not ours", async () => {
    const handle = userMetadata(issuingEngine(), { prefix: "/auth" });
    for (const path of ["/auth/", "/auth", "/authmetadata", "/metadata", "/Auth/metadata"]) {
      expect(await handle(new Request(ORIGIN + path))).toBeUndefined();
    }
  });

  test.each(["/auth", "/auth/", "/auth//"])("the prefix %s", async (prefix) => {
    const handle = userMetadata(issuingEngine(), { prefix });
    expect((await handle(new Request(`${ORIGIN}/auth/metadata`)))?.status).toBe(401);
    expect(await handle(new Request(`${ORIGIN}/metadata`))).toBeUndefined();
  });

  test("the prefix / is the root; a prefix that is not a path is refused at once", async () => {
    const handle = userMetadata(issuingEngine(), { prefix: "/" });
    expect((await handle(new Request(`${ORIGIN}/metadata`)))?.status).toBe(401);
    for (const prefix of ["auth", "https://app.test/auth", "/auth?x", "/a#b"]) {
      expect(() => userMetadata(issuingEngine(), { prefix })).toThrow(/begin it with/);
    }
  });
});

describe("bodies", () => {
  const view = (body: ReadableStream | null) =>
    toRequestView(new Request(ORIGIN, { method: "POST", body, duplex: "half" } as RequestInit));
  const streamOf = (chunks: readonly string[], pulled = vi.fn()) => {
    const left = [...chunks];
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      pulled();
      const chunk = left.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(chunk));
    };
    return new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
  };

  test("are put together from their chunks", async () => {
    const body = await view(streamOf(["å", "", "bc", "d"])).body(5);
    expect(new TextDecoder().decode(body as Uint8Array)).toBe("åbcd");
    expect(await view(null).body(5)).toEqual(new Uint8Array());
  });

  test("that were read, or are being read, are a mistake of the app's", async () => {
    const read = new Request(ORIGIN, { method: "POST", body: "{}" });
    await read.json();
    const locked = new Request(ORIGIN, { method: "POST", body: "{}" });
    locked.body?.getReader();
    for (const request of [read, locked]) {
      await expect(toRequestView(request).body(5)).rejects.toMatchObject({ code: "body_already_read" });
    }
  });

  test("that break off are request_aborted", async () => {
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    await expect(view(broken).body(5)).rejects.toMatchObject({ code: "request_aborted" });
  });

  test("with a Content-Length beyond the limit are not touched", async () => {
    const pulled = vi.fn();
    const request = new Request(ORIGIN, {
      method: "POST",
      headers: { "content-length": "6" },
      body: streamOf(["123456"], pulled),
      duplex: "half",
    } as RequestInit);
    await expect(toRequestView(request).body(5)).rejects.toMatchObject({ code: "body_too_large" });
    expect([request.bodyUsed, pulled.mock.calls]).toEqual([false, []]);
  });

  test("with a wrong Content-Length are refused and broken off as others are", async () => {
    const said = (body: ReadableStream) =>
      toRequestView(
        new Request(ORIGIN, { method: "POST", headers: { "content-length": "3" }, body, duplex: "half" }),
      );
    await expect(said(streamOf(["123456"])).body(5)).rejects.toMatchObject({ code: "body_too_large" });
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    await expect(said(broken).body(5)).rejects.toMatchObject({ code: "request_aborted" });
  });

  test.each([
    ["Hono's Node server", onHono],
    ["srvx", onSrvx],
  ])("in chunks beyond the limit leave the connection usable: %s", async (_, serve) => {
    const metadata = issuingEngine();
    const handle = userMetadata(metadata);
    const server = await serve(async (request) => (await handle(request)) ?? new Response("none"));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const headers = { ...(await signedIn(metadata)), "content-type": "application/json" };
    const put = (body: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = httpRequest(`${server.url}/metadata`, { method: "PUT", agent, headers }, (response) =>
          response.resume().once("end", () => resolve(response.statusCode)),
        );
        sent.once("error", reject);
        sent.write(body);
        sent.end(body);
      });
    expect(await put("x".repeat(1_000_000))).toBe(413);
    expect(await put(" ")).toBe(400);
    agent.destroy();
    await server.close();
  });
});

describe("toResponse", () => {
  test("repeats a header that is a list, counts bytes, and leaves out the body of HEAD", async () => {
    const outcome = { status: 200, headers: { vary: ["a", "b"], "content-type": "x/y" }, body: "å" };
    const get = toResponse(outcome);
    expect([...get.headers]).toEqual([
      ["content-length", "2"],
      ["content-type", "x/y"],
      ["vary", "a, b"],
    ]);
    expect(await get.text()).toBe("å");
    const head = toResponse(outcome, "HEAD");
    expect([head.body, head.headers.get("content-length")]).toEqual([null, "2"]);
    const cookies = toResponse({ ...outcome, headers: { "set-cookie": ["a=1", "b=2"] } });
    expect(cookies.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test("has no body and no length if the outcome has no body", () => {
    const { body, headers } = toResponse({ status: 304, headers: {}, body: undefined });
    expect([body, [...headers]]).toEqual([null, []]);
  });
});
