import { createUserMetadata, memoryStore, UserMetadataError } from "@usermeta/core";
import { describe, expect, test } from "vitest";
import { failingStore, issuingEngine, sessionsOf, signedIn } from "../../../test/engines.ts";
import { ROUTERS, reports, type Start } from "./start.ts";

/** What only Next does, on the built fixture. */
export const testOddities = (start: Start): void => {
  describe.each(ROUTERS)("%s", (_, { toFolder }) =>
    testRouter(start, toFolder({ prefix: "", bodyParser: false })),
  );
  testPlaces(start);
  testGetSession(start);
};

/** `getSession` of a component or an action. */
const testGetSession = (start: Start): void => {
  test("of several cookies of the session's name the valid one counts, and none that was removed", async () => {
    const metadata = issuingEngine();
    const app = await start(metadata, "/component");
    const [token, other] = [await metadata.issueToken("jane"), await metadata.issueToken("john")];
    const userOf = async (cookie: string, query = ""): Promise<unknown> => {
      const answer = await fetch(`${app.url}/${query}`, { headers: { cookie } });
      return ((await answer.json()) as { userId: unknown }).userId;
    };
    const both = [`session=stale; session=${token}`, `session=${token}; session=stale`];
    expect(await Promise.all(both.map((cookie) => userOf(cookie)))).toEqual(["jane", "jane"]);
    expect(await userOf(both[0] as string, "?remove=session")).toBeNull();
    expect(await userOf(both[0] as string, `?set=${other}`)).toBe("john");
    expect(await userOf("session=stale")).toBeNull();
    await app.close();
  });
};

const testRouter = (start: Start, folder: string): void => {
  test("a 503 is answered in our words, also for a route of the app's own, and the app is told", async () => {
    const metadata = issuingEngine();
    const failing = createUserMetadata({ store: failingStore, sessions: sessionsOf(metadata) });
    const app = await start(failing, folder);
    const headers = await signedIn(metadata);
    reports.length = 0;
    for (const path of ["/metadata", "/own-metadata"]) {
      const answer = await fetch(app.url + path, { headers });
      expect([answer.status, answer.headers.get("content-type"), answer.headers.get("retry-after")]).toEqual([
        503,
        "application/problem+json",
        "1",
      ]);
      expect(await answer.json()).toEqual({
        type: "urn:usermeta:error:store_unavailable",
        status: 503,
        detail: "The server failed; its log says why.",
        code: "store_unavailable",
      });
    }
    expect(reports).toEqual(["store_unavailable was answered", "store_unavailable was answered"]);
    await app.close();
  });

  test("any other failure is Next's own 500, and is reported to onRequestError with its code", async () => {
    const metadata = issuingEngine();
    const damaged = () => Promise.reject(new UserMetadataError("store_corrupt", "The disk is on fire."));
    const store = { read: damaged, write: damaged };
    const app = await start(createUserMetadata({ store, sessions: sessionsOf(metadata) }), folder);
    const headers = await signedIn(metadata);
    reports.length = 0;
    for (const path of ["/metadata", "/own-metadata"]) {
      const answer = await fetch(app.url + path, { headers });
      expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining("disk")]);
    }
    expect(reports).toEqual(
      ["/metadata", "/own-metadata"].map((path) => `store_corrupt at ${folder}${path}`),
    );
    await app.close();
  });

  test("HEAD is answered by the handler, without a body", async () => {
    const app = await start(issuingEngine(), folder);
    const answer = await fetch(`${app.url}/.well-known/jwks.json`, { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      200,
      "application/json",
      "",
    ]);
    await app.close();
  });
};

/** Other places that the routes may have, on the built fixture. */
const testPlaces = (start: Start): void => {
  test.each([
    ["in the edge runtime", "/edge"],
    ["below an optional catch-all", "/optional"],
  ])("%s the routes answer", async (_, folder) => {
    const app = await start(createUserMetadata({ store: memoryStore() }), folder);
    const read = async (path: string) => {
      const answer = await fetch(app.url + path);
      return [answer.status, await answer.text()];
    };
    expect(await read("/metadata")).toEqual([401, expect.stringContaining("session_missing")]);
    expect((await read(""))[0]).toBe(404);
    await app.close();
  });
};
