/** What a person does on the pages of the small examples. */
import type { Page } from "playwright-core";

/** Signs in on a page that has been opened, and waits for the metadata. */
export async function signInOn(page: Page, userId: string): Promise<Page> {
  await page.getByLabel("User id").fill(userId);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Your metadata" }).waitFor();
  return page;
}

export async function save(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("status").getByText("Saved.").waitFor();
}
