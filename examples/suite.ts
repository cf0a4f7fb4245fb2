/** What every example does, whatever its framework: its test starts it and calls this. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/** How a test starts an example. */
export interface ExampleOptions {
  /** A SQLite file that is not there yet. */
  readonly path: string;
  readonly adminKey: string;
}

/** An example that listens. */
export interface RunningExample {
  /** Where its routes are, without a trailing slash. */
  readonly url: string;
  close(): Promise<unknown>;
}

const adminKey = "an-admin-key-for-tests";
const JSON_TYPE = { "content-type": "application/json" };

/** Runs the example's story over HTTP: a development sign-in, its own guarded route, the mounted routes, an admin. */
export const testExample = (start: (options: ExampleOptions) => Promise<RunningExample>): void => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-example-"));
  let example: RunningExample;

  beforeAll(async () => {
    example = await start({ path: join(folder, "app.db"), adminKey });
  });
  afterAll(async () => {
    await example.close();
    rmSync(folder, { recursive: true });
  });

  const call = (path: string, init: RequestInit = {}): Promise<Response> => fetch(example.url + path, init);
  const askToSignIn = (userId: unknown): Promise<Response> =>
    call("/dev/sign-in", { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ userId }) });
  const signIn = async (userId: string): Promise<Record<string, string>> => {
    const answer = await askToSignIn(userId);
    expect(answer.status).toBe(200);
    const { token } = (await answer.json()) as { token: string };
    return { ...JSON_TYPE, authorization: `Bearer ${token}` };
  };

  test("nobody signs in by what is not a user id", async () => {
    for (const wrong of [undefined, "", "x".repeat(256)]) {
      // 422 where the framework's own validation says so.
      expect([400, 422]).toContain((await askToSignIn(wrong)).status);
    }
  });

  test("the example's own route is guarded, and writes what a user may only read", async () => {
    const birthday = { method: "POST", body: '{"birthday":"1990-05-17"}' };
    const anonymous = await call("/birthday", { ...birthday, headers: JSON_TYPE });
    expect([anonymous.status, await anonymous.json()]).toEqual([
      401,
      expect.objectContaining({ code: "session_missing" }),
    ]);
    const headers = await signIn("ann");
    const written = await call("/birthday", { ...birthday, headers });
    expect([written.status, await written.json()]).toEqual([
      200,
      { message: "successfully updated user metadata" },
    ]);
    const read = await call("/metadata", { headers });
    expect(await read.json()).toMatchObject({ userId: "ann", publicMetadata: { birthday: "1990-05-17" } });
  });

  test("the mounted routes write the caller's unsafe tier", async () => {
    const headers = await signIn("bob");
    const updated = await call("/updateinfo", {
      method: "POST",
      headers,
      body: '{"theme":"dark","userId":"ann"}',
    });
    expect([updated.status, await updated.json()]).toEqual([
      200,
      expect.objectContaining({ userId: "bob", unsafeMetadata: { theme: "dark", userId: "ann" } }),
    ]);
  });

  test("an admin reads and writes all tiers; a user does not see the private one", async () => {
    const headers = await signIn("cy");
    const admin = { ...JSON_TYPE, authorization: `Bearer ${adminKey}` };
    const body = '{"privateMetadata":{"stripeId":"cus_marker"}}';
    const written = await call("/users/cy/metadata", { method: "PATCH", headers: admin, body });
    expect([written.status, await written.json()]).toEqual([200, expect.objectContaining(JSON.parse(body))]);
    expect(await (await call("/metadata", { headers })).text()).not.toContain("cus_marker");
    expect((await call("/users/cy/metadata", { headers })).status).toBe(401);
  });
};
