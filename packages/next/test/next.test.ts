import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Session } from "@usermeta/core";
import * as app from "@usermeta/next";
import * as pages from "@usermeta/next/pages";
import type { NextApiHandler, NextApiRequest, NextApiResponse } from "next";
import { expect, expectTypeOf, test } from "vitest";
import { issuingEngine, signedIn } from "../../../test/engines.ts";

const metadata = issuingEngine();
const requestTo = async (url: string): Promise<Request> =>
  new Request(url, { headers: await signedIn(metadata) });
const caught = (...usermeta: string[]) => ({ params: Promise.resolve({ usermeta }) });

test("the mount point is known from the number of segments that [...usermeta] has caught", async () => {
  const { GET } = app.createRouteHandlers(metadata);
  const statusOf = async (path: string, context?: app.RouteContext) =>
    (await GET(await requestTo(`https://app.test${path}`), context)).status;
  expect(await statusOf("/api/metadata", caught("metadata"))).toBe(200);
  expect(await statusOf("/base/v1/api/metadata/", caught("metadata"))).toBe(200);
  expect(await statusOf("/api/users/a%2Fb/metadata", caught("users", "a/b", "metadata"))).toBe(401);
  expect(await statusOf("/api/metadata", { params: Promise.resolve({ slug: ["metadata"] }) })).toBe(404);
  expect(await statusOf("/api/metadata")).toBe(404);
});

test("a prefix needs no parameter, and a bad one throws at construction", async () => {
  const { GET } = app.userMetadata(metadata, { prefix: "/api" });
  expect((await GET(await requestTo("https://app.test/api/metadata"))).status).toBe(200);
  expect((await GET(await requestTo("https://app.test/other/metadata"))).status).toBe(404);
  expect(() => app.createRouteHandlers(metadata, { prefix: "api" })).toThrow(
    expect.objectContaining({ code: "options_invalid" }),
  );
});

test("the app router's handler runs once, and what it throws is thrown", async () => {
  let runs = 0;
  const broken = app.withSession(metadata)(await requestTo("https://app.test/own"), () => {
    runs += 1;
    throw new TypeError("the app's own");
  });
  await expect(broken).rejects.toThrow("the app's own");
  expect(runs).toBe(1);
});

test("the promise of a guarded API route settles: refused, answered and failed, each handler once", async () => {
  let runs = 0;
  const guarded = pages.verifySession(metadata)((request, response) => {
    runs += 1;
    if (request.url === "/broken") throw new TypeError("the app's own");
    response.end(pages.getSession(request).getUserId());
  });
  const settled: unknown[] = [];
  const server = createServer((request, response) => {
    const done = guarded(request as NextApiRequest, response as NextApiResponse);
    void Promise.allSettled([done]).then(([{ status }]) => {
      settled.push(status);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers = await signedIn(metadata);
  expect((await fetch(url)).status).toBe(401);
  expect(runs).toBe(0);
  expect(await (await fetch(url, { headers })).text()).toBe("jane");
  await (await fetch(`${url}/broken`, { headers })).text();
  expect([runs, settled]).toEqual([2, ["fulfilled", "fulfilled", "rejected"]]);
  await server[Symbol.asyncDispose]();
});

test("sessions are typed with no cast, in both routers", () => {
  const { verifySession } = app;
  type Given<G extends (...args: never[]) => unknown> = Parameters<Parameters<G>[1] & object>[0];
  const required = verifySession(metadata);
  const optional = verifySession(metadata, { required: false });
  expectTypeOf<Given<typeof required>>().toEqualTypeOf<Session>();
  expectTypeOf<Given<typeof optional>>().toEqualTypeOf<Session | undefined>();
  pages.verifySession(metadata)((_request, _response, session) => {
    expectTypeOf(session).toEqualTypeOf<Session>();
  });
  pages.verifySession(metadata, { required: false })((_request, _response, session) => {
    expectTypeOf(session).toEqualTypeOf<Session | undefined>();
  });
  expectTypeOf(pages.createPagesHandler(metadata)).toEqualTypeOf<NextApiHandler>();
  expectTypeOf(app.getSession).returns.resolves.toEqualTypeOf<Session | undefined>();
});
