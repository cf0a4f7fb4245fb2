import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { buildApp } from "../../examples/react-vite/app.ts";
import { describeInBrowser, heapOf, hold } from "./chromium.ts";
import { listen, serveExample } from "./examples.ts";
import { save, signInOn } from "./pages.ts";

describeInBrowser("the Vite example, in React", (browser) => {
  const served = serveExample(async (options) => listen(await buildApp(options)));

  const signIn = async (userId: string): Promise<Page> => signInOn(await browser.open(served.url), userId);
  const motto = (page: Page): Promise<string> => page.getByLabel("Motto").inputValue();
  const shown = (page: Page): Promise<string | null> => page.locator("form pre").textContent();

  test("the form saves, by keyboard alone, and survives a reload", async () => {
    const page = await browser.open(served.url);
    const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName);
    const tabTo = async (id: string): Promise<void> => {
      for (let left = 12; left > 0 && (await focused()) !== id; left--) await page.keyboard.press("Tab");
      expect(await focused()).toBe(id);
    };
    await page.getByLabel("User id").waitFor();
    await tabTo("user-id");
    await page.keyboard.type("-ann");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Your metadata" }).waitFor();
    expect(await focused()).toBe("H1");
    await tabTo("birthday");
    await page.keyboard.type("05171990");
    await tabTo("motto");
    await page.keyboard.type("Carpe diem");
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("Saved.").waitFor();
    expect(await focused()).toBe("motto");
    await page.reload();
    await page.getByRole("heading", { name: "Your metadata" }).waitFor();
    expect([await page.getByLabel("Birthday").inputValue(), await motto(page)]).toEqual([
      "1990-05-17",
      "Carpe diem",
    ]);
    expect(browser.answers.filter((each) => each.includes(" PATCH "))).toEqual(["200 PATCH /metadata"]);
    expect(browser.complaints).toEqual([]);
  });

  test("loading and saving can be seen, and a change is shown before it is saved", async () => {
    const page = await signIn("bea");
    const load = await hold(page, "GET");
    await page.reload({ waitUntil: "commit" });
    await page.getByRole("status").getByText("Loading your metadata …").waitFor();
    load();
    const confirm = await hold(page, "PATCH");
    await page.getByLabel("Motto").fill("Soon");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").getByText("Saving …").waitFor();
    expect(await shown(page)).toContain("Soon");
    expect((await served.read("bea")).unsafeMetadata).toEqual({});
    confirm();
    await page.getByRole("status").getByText("Saved.").waitFor();
    expect((await served.read("bea")).unsafeMetadata).toEqual({ motto: "Soon" });
  });

  test("two tabs that edit different keys both keep theirs", async () => {
    const [one, two] = [await signIn("cat"), await signIn("cat")];
    await one.getByLabel("Motto").fill("One");
    await two.getByLabel("Birthday").fill("1990-05-17");
    await save(one);
    // A tab hears of what another has saved; of this it does not, and so its next write is for an old version.
    await served.write("cat", { publicMetadata: { birthday: "1990-05-16" } });
    await save(two);
    expect(await motto(two)).toBe("One");
    expect((await served.read("cat")).unsafeMetadata).toEqual({ motto: "One", birthday: "1990-05-17" });
    expect(browser.answers).toContain("412 PATCH /metadata");
  });

  test("a save that fails is taken back and says why, and what was typed stays", async () => {
    await served.write("dan", { unsafeMetadata: { motto: "Before" } });
    const page = await signIn("dan");
    await page.getByLabel("Motto").fill("x".repeat(41));
    await page.getByRole("button", { name: "Save" }).click();
    await page
      .getByRole("alert")
      .getByText(/^Not saved: .*motto/)
      .waitFor();
    expect(await shown(page)).toContain("Before");
    expect(await motto(page)).toBe("x".repeat(41));
    await page.getByLabel("Motto").fill("After");
    await save(page);
    expect(await page.getByRole("alert").textContent()).toBe("");
  });

  test("offline, a change waits, and is saved once the network is back", async () => {
    const page = await signIn("eve");
    await browser.context.setOffline(true);
    await page.getByLabel("Motto").fill("Later");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saving …").waitFor();
    expect(await shown(page)).toContain("Later");
    await browser.context.setOffline(false);
    await page.getByRole("status").getByText("Saved.").waitFor();
    expect((await served.read("eve")).unsafeMetadata).toEqual({ motto: "Later" });
  });

  test("a conflict is shown, with what is there now", async () => {
    const page = await signIn("fay");
    await served.write("fay", { unsafeMetadata: { motto: "Theirs" } });
    await page.getByRole("button", { name: "Remove all" }).click();
    await page.getByRole("alert").getByText("It was changed elsewhere meanwhile").waitFor();
    expect(await shown(page)).toContain("Theirs");
    await page.getByRole("button", { name: "Remove all" }).click();
    await page.getByText("Everything is removed.").waitFor();
    expect((await served.read("fay")).unsafeMetadata).toEqual({});
  });

  test("what the server changes shows up after a reload, and the stale token is refreshed", async () => {
    const page = await signIn("gus");
    await served.write("gus", { publicMetadata: { birthday: "1990-05-17" } });
    await page.getByRole("button", { name: "Reload" }).click();
    await page.locator("section pre").getByText("1990-05-17").waitFor();
    await page.getByRole("button", { name: "Show my card" }).click();
    await page.getByText("Your token says: born 1990-05-17.").waitFor();
    const card = ["401 GET /card", "200 POST /dev/token", "200 GET /card"];
    expect(browser.answers.slice(-3)).toEqual(card);
    await page.getByRole("button", { name: "Show my card" }).click();
    await expect.poll(() => browser.answers.slice(-2)).toEqual(["200 GET /card", "200 GET /card"]);
  });

  test("the private tier is nowhere: in no answer, no HTML, not on the heap", async () => {
    await served.write("hal", {
      privateMetadata: { stripeId: "cus_private_marker" },
      unsafeMetadata: { motto: "unsafe_marker" },
    });
    const page = await signIn("hal");
    await page.getByLabel("Birthday").fill("1990-05-17");
    await save(page);
    await page.getByRole("button", { name: "Show my card" }).click();
    await page.getByText("Your token says").waitFor();
    const places = [await browser.bodies(), await page.content(), await heapOf(page)];
    for (const place of places) {
      expect(place.includes("unsafe_marker")).toBe(true);
      expect(place.includes("private_marker")).toBe(false);
    }
    const stored = await page.evaluate(() => JSON.stringify([sessionStorage, localStorage, document.cookie]));
    expect(stored).not.toContain("private_marker");
  });

  test("who signs out leaves nothing behind for who comes next", async () => {
    await served.write("ida", { unsafeMetadata: { motto: "hers_marker" } });
    const page = await signIn("ida");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("User id").fill("joe");
    expect(await page.content()).not.toContain("hers_marker");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Signed in as joe").waitFor();
    expect([await shown(page), await motto(page)]).toEqual(["{}", ""]);
  });
});
