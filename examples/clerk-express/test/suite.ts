/** What both examples for Clerk's SDK do: their tests start them and call this. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClerkClient } from "@clerk/backend";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";

/** How a test starts an example. */
export interface ClerkExampleOptions {
  /** A SQLite file that is not there yet. */
  readonly path: string;
  readonly secretKey: string;
  /** The public key of a Clerk instance: its users are signed in. */
  readonly jwtKey: string;
}

/** An example that listens. */
export interface RunningClerkExample {
  /** Where its routes are, without a trailing slash; Clerk's protocol is below `/clerk` there. */
  readonly url: string;
  close(): Promise<unknown>;
}

/** What is looked at in an answer: of the app's own routes, of Clerk's, of its errors. */
interface Answer {
  readonly response?: object & { readonly unsafe_metadata?: unknown };
  readonly errors?: readonly { readonly code: string }[];
}

/** What the build of a framework may take on a busy machine. */
const BUILD_MS = 180_000;
const secretKey = "sk_test_of_the_examples";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

/** Runs the story of Clerk's guides over HTTP: birthday, Stripe id, role, and what a user writes alone. */
export const testClerkExample = (
  start: (options: ClerkExampleOptions) => Promise<RunningClerkExample>,
): void => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-example-"));
  const keys = generateKeyPair("RS256", { extractable: true });
  let example: RunningClerkExample;

  beforeAll(async () => {
    const jwtKey = await exportSPKI((await keys).publicKey);
    example = await start({ path: join(folder, "app.db"), secretKey, jwtKey });
  }, BUILD_MS);
  afterAll(async () => {
    await example.close();
    rmSync(folder, { recursive: true });
  });

  /** As a browser of a user does who has signed in with Clerk. */
  const signIn = async (userId: string) => {
    const token = await new SignJWT({ sid: "sess_1", sts: "active", v: 2 })
      .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: "ins_1" })
      .setSubject(userId)
      .setIssuer("https://clerk.example.test")
      .setIssuedAt()
      .setExpirationTime("1m")
      .sign((await keys).privateKey);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(example.url + path, { ...init, headers: { ...headers, ...init.headers } });
      return { status: answer.status, body: (await answer.json()) as Answer };
    };
  };
  const post = (body: object = {}) => ({ method: "POST", body: JSON.stringify(body) });
  const users = () => createClerkClient({ secretKey, apiUrl: `${example.url}/clerk` }).users;

  test("the birthday is public: the server writes it, the user sees it", async () => {
    const anonymous = await fetch(`${example.url}/updateBirthday`, post({ birthday: "1990-05-17" }));
    expect(anonymous.status).toBe(401);
    const ann = await signIn("user_ann");
    const written = await ann("/updateBirthday", post({ birthday: "1990-05-17" }));
    expect(written).toEqual({ status: 200, body: { success: true } });
    const me = await ann("/clerk/v1/me");
    expect(me.body.response).toMatchObject({ id: "user_ann", public_metadata: { birthday: "1990-05-17" } });
    expect((await ann("/updateBirthday", post({ birthday: "2023-02-31" }))).status).toBe(400);
    expect((await users().getUser("user_ann")).publicMetadata).toEqual({ birthday: "1990-05-17" });
  });

  test("the Stripe id is private: no answer to the user has it", async () => {
    const bob = await signIn("user_bob");
    expect((await bob("/billing")).body).toEqual({ customer: false });
    expect(await bob("/updateStripe", post())).toEqual({ status: 200, body: { success: true } });
    const { stripeId } = (await users().getUser("user_bob")).privateMetadata;
    expect(stripeId).toMatch(/^cus_/);
    const seen = [await bob("/billing"), await bob("/clerk/v1/me"), await bob("/updateStripe", post())];
    expect(seen[0]?.body).toEqual({ customer: true });
    expect(JSON.stringify(seen)).not.toContain(stripeId);
    expect((await users().getUser("user_bob")).privateMetadata).toEqual({ stripeId });
  });

  test("a role is given by an admin", async () => {
    const cy = await signIn("user_cy");
    const promote = post({ userId: "user_cy", role: "admin" });
    expect((await cy("/updateRole", promote)).status).toBe(403);
    await users().updateUserMetadata("user_dee", { publicMetadata: { role: "admin" } });
    const dee = await signIn("user_dee");
    expect(await dee("/updateRole", promote)).toEqual({ status: 200, body: { success: true } });
    expect((await dee("/updateRole", post({ userId: "user_cy", role: "king" }))).status).toBe(400);
    expect((await users().getUser("user_cy")).publicMetadata).toEqual({ role: "admin" });
  });

  test("what is unsafe the user writes alone, as Clerk's front end sends it", async () => {
    const eve = await signIn("user_eve");
    const send = (fields: Record<string, string>) =>
      eve("/clerk/v1/me/metadata?_method=PATCH", {
        method: "POST",
        headers: FORM,
        body: new URLSearchParams(fields),
      });
    const written = await send({ unsafe_metadata: '{"birthday":"11-30-1969"}' });
    expect(written.body.response?.unsafe_metadata).toEqual({ birthday: "11-30-1969" });
    expect((await send({ public_metadata: '{"role":"admin"}' })).status).toBe(422);
    const { publicMetadata, unsafeMetadata } = await users().getUser("user_eve");
    expect([publicMetadata, unsafeMetadata]).toEqual([{}, { birthday: "11-30-1969" }]);
  });

  test("without the secret key there is no way to the server's routes", async () => {
    const fay = await signIn("user_fay");
    expect((await fay("/clerk/v1/users/user_bob")).body.errors?.[0]?.code).toBe("clerk_key_invalid");
    await users().deleteUser("user_bob");
    await expect(users().getUser("user_bob")).rejects.toMatchObject({ status: 404 });
  });
};
