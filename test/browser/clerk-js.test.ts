/** Clerk's front end, unmodified and in both its versions, on our server. */

import { createRemoteJWKSet, jwtVerify } from "jose";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp, type Example } from "../../examples/clerk-js/app.ts";
import { describeInBrowser, heapOf } from "./chromium.ts";
import { listen } from "./examples.ts";

describeInBrowser("the example with Clerk's front end", (browser) => {
  let example: Example;
  let served: Awaited<ReturnType<typeof listen>>;
  beforeAll(async () => {
    example = await buildApp({ path: ":memory:", adminKey: "an-admin-key-for-tests" });
    served = await listen(example);
  });
  afterAll(() => served.close());

  const signIn = async (sdk: string, userId: string): Promise<Page> => {
    const page = await browser.open(`${served.url}/?sdk=${sdk}`);
    await page.getByLabel("User id").fill(userId);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Your metadata" }).waitFor();
    return page;
  };
  const update = async (page: Page, birthday: string): Promise<void> => {
    await page.locator("input").fill(birthday);
    await page.getByRole("button", { name: "Update Birthday" }).click();
    await page.locator("#shown").getByText(birthday).waitFor();
  };
  const cookieNames = async (): Promise<string[]> =>
    (await browser.context.cookies()).map(({ name }) => name).sort();
  const unsafeOf = async (userId: string) => (await example.metadata.getUserMetadata(userId)).unsafeMetadata;

  test.each([
    ["@clerk/clerk-react 5", "5", "200 POST /clerk/v1/me"],
    ["@clerk/react 6", "6", "200 POST /clerk/v1/me/metadata"],
  ])("%s: the guide's form is submitted, rendered anew, and there after a reload", async (_, sdk, write) => {
    const userId = `ann-${sdk}`;
    await example.metadata.updateUserMetadata(userId, {
      publicMetadata: { plan: "pro" },
      unsafeMetadata: { old: 1 },
    });
    const page = await signIn(sdk, userId);
    await page.locator("#shown").getByText('"plan": "pro"').waitFor();
    await update(page, "11-30-1969");
    // update() replaces the tier, as the guide says.
    expect(await unsafeOf(userId)).toEqual({ birthday: "11-30-1969" });
    expect(browser.answers).toContain(write);
    await update(page, "12-01-1969");
    await page.reload();
    await page.locator("#shown").getByText("12-01-1969").waitFor();
    await example.metadata.updateUserMetadata(userId, { publicMetadata: { plan: "team" } });
    await page.getByRole("button", { name: "Reload" }).click();
    await page.locator("#shown").getByText('"plan": "team"').waitFor();
    expect(browser.answers.filter((each) => /^[45]/.test(each))).toEqual([]);
    expect(browser.complaints).toEqual([]);
  });

  test.each(["5", "6"])("version %s: a token verifies by our JWKS", async (sdk) => {
    const page = await signIn(sdk, `bob-${sdk}`);
    await page.getByRole("button", { name: "Get a token" }).click();
    const keys = createRemoteJWKSet(new URL(`${served.url}/clerk/v1/jwks`));
    const token = (await page.locator("#token").textContent()) ?? "";
    const { payload } = await jwtVerify(token, keys, { issuer: "usermeta-example", audience: "app" });
    expect(payload).toMatchObject({ sub: `bob-${sdk}`, azp: served.url });
  });

  test.each(["5", "6"])("version %s: who signs out is nobody, in the page and to the server", async (sdk) => {
    const page = await signIn(sdk, `cat-${sdk}`);
    expect(await cookieNames()).toEqual(expect.arrayContaining(["__session", "session"]));
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("User id").waitFor();
    expect(browser.answers).toContain("200 POST /clerk/v1/client/sessions");
    expect(await cookieNames()).toEqual([]);
    await page.reload();
    await page.getByLabel("User id").waitFor();
    const status = await page.evaluate("fetch('/clerk/v1/me').then((answer) => answer.status)");
    expect(status).toBe(401);
  });

  test("a page of the browser follows the session of the next user", async () => {
    const page = await signIn("6", "dan");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("User id").fill("eve");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Signed in as eve").waitFor();
  });

  test("neither the private tier nor the app's session is in reach of a script", async () => {
    await example.metadata.updateUserMetadata("fay", {
      privateMetadata: { stripeId: "cus_private_marker" },
      unsafeMetadata: { motto: "unsafe_marker" },
    });
    const page = await signIn("6", "fay");
    await page.locator("#shown").getByText("unsafe_marker").waitFor();
    for (const place of [await browser.bodies(), await heapOf(page)]) {
      expect(place.includes("unsafe_marker")).toBe(true);
      expect(place.includes("private_marker")).toBe(false);
    }
    expect(await page.evaluate(() => document.cookie)).not.toMatch(/(^|; )session=/);
  });

  test.each([
    ["5", "200 POST /clerk/v1/me"],
    ["6", "200 POST /clerk/v1/me/metadata"],
  ])(
    "the guide's script tag with clerk-js %s: who is signed in is updated, nobody else is",
    async (sdk, write) => {
      const scriptTag = `${served.url}/script-tag?sdk=${sdk}`;
      const nobody = await browser.open(scriptTag);
      await nobody.getByRole("link", { name: "Sign in" }).waitFor();
      await signIn(sdk, `gil-${sdk}`);
      const page = await browser.open(scriptTag);
      await page.getByText("01-01-2000").waitFor();
      expect(await page.evaluate("Clerk.version")).toMatch(new RegExp(`^${sdk}\\.`));
      expect(await unsafeOf(`gil-${sdk}`)).toEqual({ birthday: "01-01-2000" });
      expect(browser.answers).toContain(write);
      expect(browser.complaints).toEqual([]);
    },
  );
});
