import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { buildApp } from "../../examples/script-tag/app.ts";
import { describeInBrowser, heapOf } from "./chromium.ts";
import { listen, serveExample } from "./examples.ts";
import { save, signInOn } from "./pages.ts";

describeInBrowser("the example with script tags, and a cookie", (browser) => {
  const served = serveExample(async (options) => listen(await buildApp(options)));

  const signIn = async (userId: string): Promise<Page> => signInOn(await browser.open(served.url), userId);

  test("the form saves and survives a reload, and another tab has the session too", async () => {
    const page = await signIn("ann");
    await page.getByLabel("Birthday").fill("1990-05-17");
    await save(page);
    await page.reload();
    await page.getByRole("heading", { name: "Your metadata" }).waitFor();
    expect(await page.getByLabel("Birthday").inputValue()).toBe("1990-05-17");
    const other = await browser.open(served.url);
    await other.getByLabel("Motto").fill("Two");
    await page.getByLabel("Motto").fill("One");
    await save(other);
    await page.getByLabel("Birthday").fill("1990-05-18");
    await save(page);
    expect((await served.read("ann")).unsafeMetadata).toEqual({ birthday: "1990-05-18", motto: "One" });
    expect(browser.complaints).toEqual([]);
  });

  test("a tab shows what another has saved, and when it is looked at again what the server has changed", async () => {
    const page = await signIn("gil");
    const other = await browser.open(served.url);
    await other.getByRole("heading", { name: "Your metadata" }).waitFor();
    await page.getByLabel("Motto").fill("From the first tab");
    await save(page);
    await other.locator("pre").getByText("From the first tab").waitFor();
    await served.write("gil", { publicMetadata: { plan: "from the server" } });
    await page.evaluate("dispatchEvent(new Event('focus'))");
    for (const tab of [page, other]) await tab.locator("pre").getByText("from the server").waitFor();
    expect(browser.complaints).toEqual([]);
  });

  test("a save that fails is taken back and says why", async () => {
    const page = await signIn("bob");
    await page.getByLabel("Motto").fill("x".repeat(9000));
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("8192").waitFor();
    expect(await page.locator("pre").textContent()).not.toContain("xxx");
    await page.getByLabel("Motto").fill("Short");
    await save(page);
    expect(await page.getByRole("alert").textContent()).toBe("");
  });

  test("a conflict is shown, with what is there now", async () => {
    const page = await signIn("cat");
    await served.write("cat", { unsafeMetadata: { motto: "Theirs" } });
    await page.getByRole("button", { name: "Remove all" }).click();
    await page.getByRole("alert").getByText("It was changed elsewhere meanwhile").waitFor();
    expect(await page.locator("pre").textContent()).toContain("Theirs");
  });

  test("what the server changes shows up after a reload, and a stale cookie is refreshed", async () => {
    const page = await signIn("dan");
    await served.write("dan", { publicMetadata: { birthday: "1990-05-17" } });
    await page.getByRole("button", { name: "Reload" }).click();
    await page.locator("pre").getByText("1990-05-17").waitFor();
    // The page's own client; a top-level const of a classic script is in every script's scope.
    const card = await page.evaluate("client.fetch('/card').then((answer) => answer.json())");
    expect(card).toEqual({ userId: "dan", birthday: "1990-05-17" });
    expect(browser.answers.slice(-3)).toEqual(["401 GET /card", "204 POST /dev/token", "200 GET /card"]);
  });

  test("neither the private tier nor the session is in reach of a script", async () => {
    await served.write("eve", {
      privateMetadata: { stripeId: "cus_private_marker" },
      unsafeMetadata: { motto: "unsafe_marker" },
    });
    const page = await signIn("eve");
    for (const place of [await browser.bodies(), await heapOf(page)]) {
      expect(place.includes("unsafe_marker")).toBe(true);
      expect(place.includes("private_marker")).toBe(false);
    }
    expect(await page.evaluate(() => document.cookie)).toBe("");
  });

  test("who signs out is nobody, in the page and to the server", async () => {
    const page = await signIn("fay");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("User id").waitFor();
    await page.reload();
    await page.getByLabel("User id").waitFor();
    expect(await page.locator("#form").isVisible()).toBe(false);
  });
});
