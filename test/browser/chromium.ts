/** A real browser for the tests of the pages, if the machine has one. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe } from "vitest";

export type { Page };

const INSTALL = "apt-get install -y chromium";
const PATHS = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const path = PATHS.find((each) => each && existsSync(each));

/** The context of a test: its own cookies and storage. */
export interface InBrowser {
  /** @throws Error outside of a test */
  readonly context: BrowserContext;
  /** Opens a tab. */
  open(url: string): Promise<Page>;
  /** What the tabs' pages got wrong by themselves: exceptions, and what they may not load. */
  readonly complaints: readonly string[];
  /** Every answer to the tabs, as "status METHOD /path", in order. */
  readonly answers: readonly string[];
  /** The bodies of all answers to the tabs. */
  bodies(): Promise<string>;
}

/** A suite in Chromium; skipped if there is none, with the line that installs it. */
export const describeInBrowser = (name: string, suite: (browser: InBrowser) => void): void => {
  const title = path ? name : `${name} [no Chromium here: ${INSTALL}, or its path in CHROMIUM]`;
  if (!path) console.log(`skipped: ${title}`);
  describe.skipIf(!path)(title, () => suite(setUp()));
};

const setUp = (): InBrowser => {
  let browser: Browser;
  let context: BrowserContext;
  const complaints: string[] = [];
  const answers: string[] = [];
  const bodies: Promise<string>[] = [];

  beforeAll(async () => {
    // The sandbox needs a user who is not root, and its pages are our own.
    browser = await chromium.launch({ executablePath: path ?? "", args: ["--no-sandbox"] });
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    context = await browser.newContext({ locale: "en-US", viewport: { width: 1100, height: 900 } });
    context.setDefaultTimeout(20_000);
    for (const list of [complaints, answers, bodies]) list.length = 0;
    context.on("weberror", (error) => complaints.push(String(error.error())));
    context.on("console", (message) => {
      const isFault = message.type() === "error" || message.type() === "warning";
      if (isFault && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
    });
    context.on("response", (response) => {
      answers.push(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`);
      bodies.push(response.text().catch(() => ""));
    });
  });
  afterEach(() => context.close());

  return {
    get context() {
      return context;
    },
    complaints,
    answers,
    bodies: async () => (await Promise.all(bodies)).join("\n"),
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
  };
};

/** Everything that a page's JavaScript holds, as a heap snapshot's text. */
export const heapOf = async (page: Page): Promise<string> => {
  const session = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => void chunks.push(chunk));
  await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await session.detach();
  return chunks.join("");
};

/** Holds the requests of a method to the metadata until it is called. */
export const hold = async (page: Page, method: string): Promise<() => void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route("**/metadata", async (route) => {
    if (route.request().method() === method) await promise;
    await route.continue();
  });
  return resolve;
};
