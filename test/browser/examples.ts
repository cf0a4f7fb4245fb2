/** The examples' servers, each listening for one test file. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";

const adminKey = "an-admin-key-for-tests";

/** How the tests reach an example. */
export interface Served {
  /** @throws Error before the file's tests */
  readonly url: string;
  /** Writes any tier of a user's, as a server does. */
  write(userId: string, update: object): Promise<void>;
  /** Reads all tiers of a user's. */
  read(userId: string): Promise<{ unsafeMetadata: object; publicMetadata: object; privateMetadata: object }>;
}

/** What an example's `buildApp` takes. */
export interface Options {
  readonly path: string;
  readonly adminKey: string;
}

/** Starts an example before the tests and stops it after them. */
export const serveExample = (
  start: (options: Options) => Promise<{ readonly url: string; close(): Promise<void> }>,
): Served => {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-browser-"));
  let running: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    running = await start({ path: join(folder, "app.db"), adminKey });
  });
  afterAll(async () => {
    await running?.close();
    rmSync(folder, { recursive: true });
  });
  return toServed(() => running.url, adminKey);
};

/** The admin's side of an example whose routes are below `base`. */
export const toServed = (url: () => string, key: string, base = ""): Served => {
  const call = async (userId: string, init: RequestInit): Promise<Response> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/merge-patch+json" };
    const answer = await fetch(`${url()}${base}/users/${userId}/metadata`, { ...init, headers });
    if (!answer.ok) throw new Error(await answer.text());
    return answer;
  };
  return {
    get url() {
      return url();
    },
    write: async (userId, update) =>
      void (await call(userId, { method: "PATCH", body: JSON.stringify(update) })),
    read: async (userId) => (await (await call(userId, {})).json()) as Awaited<ReturnType<Served["read"]>>,
  };
};

/** Listens with an app that is a listener of Node's. */
export const listen = async (example: {
  readonly app: RequestListener;
  close(): Promise<void>;
}): Promise<{ url: string; close(): Promise<void> }> => {
  const server = createServer(example.app);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
      await example.close();
    },
  };
};
