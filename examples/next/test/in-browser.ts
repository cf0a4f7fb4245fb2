import { expect, test } from "vitest";
import { describeInBrowser, heapOf, hold, type Page } from "../../../test/browser/chromium.ts";
import type { Served } from "../../../test/browser/examples.ts";

/** The app router's pages, in the running example: Next builds one folder once at a time. */
export const testInBrowser = (served: Served): void =>
  describeInBrowser("in Chromium", (browser) => {
    /** Until React has taken over what the server rendered, a button does what it does without scripts. */
    const takenOver = async (page: Page): Promise<void> => {
      const button = page.getByRole("button").first();
      await button.waitFor();
      while (!(await button.evaluate((each) => Object.keys(each).some((key) => key.startsWith("__react")))));
    };
    const signIn = async (userId: string): Promise<Page> => {
      const page = await browser.open(served.url);
      await page.getByLabel("User id").fill(userId);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("heading", { name: "Your metadata" }).waitFor();
      await takenOver(page);
      return page;
    };
    const save = async (page: Page): Promise<void> => {
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("status").getByText("Saved.").waitFor();
    };
    const reads = (): number => browser.answers.filter((each) => each === "200 GET /api/metadata").length;

    test("the server renders the metadata, and the form saves on top of what it rendered", async () => {
      await served.write("amy", { unsafeMetadata: { motto: "Before" } });
      const page = await signIn("amy");
      expect(await page.getByLabel("Motto").inputValue()).toBe("Before");
      await page.getByLabel("Birthday").fill("1990-05-17");
      await save(page);
      await page.reload();
      expect(await page.getByLabel("Birthday").inputValue()).toBe("1990-05-17");
      expect(reads()).toBe(0);
      expect(browser.complaints).toEqual([]);
    });

    test("what a server action saves is taken over, and two tabs keep theirs", async () => {
      const page = await signIn("ben");
      const other = await browser.open(served.url);
      await takenOver(other);
      await page.getByRole("button", { name: "Dark" }).click();
      await page.locator("pre").getByText("dark").waitFor();
      await other.getByLabel("Motto").fill("Two");
      await save(other);
      await page.getByLabel("Birthday").fill("1990-05-17");
      await save(page);
      const all = { theme: "dark", motto: "Two", birthday: "1990-05-17" };
      expect((await served.read("ben")).unsafeMetadata).toEqual(all);
      expect(JSON.parse((await page.locator("pre").textContent()) ?? "").unsafeMetadata).toEqual(all);
    });

    test("a save that fails is taken back and says why; a conflict shows what is there now", async () => {
      const page = await signIn("cho");
      await page.getByLabel("Motto").fill("x".repeat(9000));
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").getByText("8192").waitFor();
      expect(await page.locator("pre").textContent()).not.toContain("xxx");
      await served.write("cho", { unsafeMetadata: { motto: "Theirs" } });
      await page.getByRole("button", { name: "Remove all" }).click();
      await page.getByRole("alert").getByText("It was changed elsewhere meanwhile").waitFor();
      expect(await page.locator("pre").textContent()).toContain("Theirs");
    });

    test("what the server changes shows up after a reload, and a stale token is refreshed", async () => {
      const page = await signIn("deb");
      await served.write("deb", { publicMetadata: { birthday: "1990-05-17" } });
      await page.getByRole("button", { name: "Reload" }).click();
      await page.locator("pre").getByText("1990-05-17").waitFor();
      await page.getByRole("button", { name: "Show my card" }).click();
      await page.getByText("Your token says: born 1990-05-17.").waitFor();
      const card = ["401 GET /api/card", "204 POST /api/dev/token", "200 GET /api/card"];
      expect(browser.answers.slice(-3)).toEqual(card);
    });

    test("what is under way can be seen, and so can that the session has ended", async () => {
      const page = await signIn("fin");
      const release = await hold(page, "GET");
      await page.getByRole("button", { name: "Reload" }).click();
      await page.getByRole("status").getByText("Loading …").waitFor();
      release();
      await page.getByRole("status").getByText("This is what is stored.").waitFor();
      await browser.context.clearCookies();
      await page.getByRole("button", { name: "Reload" }).click();
      await page.getByRole("status").getByText("Your session has ended.").waitFor();
      await page.getByRole("link", { name: "Sign in again" }).click();
      await page.getByRole("button", { name: "Sign in" }).waitFor();
      await takenOver(page);

      const answer = Promise.withResolvers<void>();
      await page.route(`${served.url}/`, async (route) => {
        if (route.request().method() === "POST") await answer.promise;
        await route.continue();
      });
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("status").getByText("Signing in …").waitFor();
      answer.resolve();
      await page.getByRole("heading", { name: "Your metadata" }).waitFor();
      await browser.context.clearCookies();
      await page.getByRole("button", { name: "Dark" }).click();
      await page.getByLabel("User id").waitFor();
      expect(browser.complaints).toEqual([]);
    });

    test("the private tier is nowhere: in no answer, no HTML, no flight payload, not on the heap", async () => {
      await served.write("eli", {
        privateMetadata: { stripeId: "cus_private_marker" },
        unsafeMetadata: { motto: "unsafe_marker" },
      });
      const page = await signIn("eli");
      await page.getByRole("button", { name: "Light" }).click();
      await page.locator("pre").getByText("light").waitFor();
      await page.getByLabel("Birthday").fill("1990-05-17");
      await save(page);
      const html = (await (await page.reload())?.text()) ?? "";
      await page.getByRole("heading", { name: "Your metadata" }).waitFor();
      const [, ...flight] = html.split("__next_f.push(");
      for (const place of [await browser.bodies(), await page.content(), flight.join(), await heapOf(page)]) {
        expect(place.includes("unsafe_marker")).toBe(true);
        expect(place.includes("private_marker")).toBe(false);
      }
    });
  });
