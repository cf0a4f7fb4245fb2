/** What the SDKs call: the dialects and the development core on Express, over SQLite. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { createUserMetadata } from "@usermeta/core";
import { clerkDialect } from "@usermeta/core/clerk";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { userMetadata } from "@usermeta/express";
import { sqliteStore } from "@usermeta/store-sqlite";
import { createDevCore } from "@usermeta/supertokens/dev-core";
import express from "express";
import { afterAll, beforeAll, expect } from "vitest";
import type { Sdk } from "./sdks.ts";

/** The key of every door. */
export const API_KEY = "sk_test_of_the_sdks";

/** The doors of a test file. */
export interface Doors {
  /** Where a door is: `supertokens`, `core` or `clerk`. */
  url(door: "supertokens" | "core" | "clerk"): string;
  /** The versions of SuperTokens' interface that were asked for since the last call. */
  protocols(): readonly string[];
}

/** Opens them before the tests of a file, and closes them after. */
export const openDoors = (): Doors => {
  let url: string;
  const asked = new Set<string>();
  const metadata = createUserMetadata({ store: sqliteStore({ path: ":memory:" }), adminKeys: [API_KEY] });
  const server = createServer();

  beforeAll(async () => {
    const core = await createDevCore({ metadata, apiKey: API_KEY });
    const app = express();
    app.use((request, _response, next) => {
      const version = request.get("cdi-version");
      if (version !== undefined) asked.add(version);
      next();
    });
    const at = (dialect: Parameters<typeof metadata.withDialects>[0][number]) =>
      userMetadata(metadata.withDialects([dialect], { adminKeys: [API_KEY] }));
    app.use("/supertokens", at(superTokensDialect()));
    app.use("/core", userMetadata(core));
    app.use("/clerk", at(clerkDialect()));
    server.on("request", app).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close().closeAllConnections();
    await metadata.close();
  });
  return {
    url: (door) => `${url}/${door}`,
    protocols: () => {
      const versions = [...asked];
      asked.clear();
      return versions;
    },
  };
};

const execute = promisify(execFile);

/** A program, its arguments and its environment beside ours. */
export interface Command {
  readonly command: readonly [file: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs it, and resolves to what it prints. Fails with all that it has said. */
export const run = async ({ command: [file, ...args], env }: Command): Promise<string> => {
  const { stdout } = await execute(file, args, { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 }).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
    },
  );
  return stdout;
};

/** The path of a client. */
export const client = (file: string): string => join(import.meta.dirname, "clients", file);

/** Runs an SDK's client at a door, and expects that its calls held. */
export const expectHeld = async (command: Command, url: string, calls: readonly string[]): Promise<void> => {
  const printed = await run({
    ...command,
    env: { ...command.env, CONNECTION_URI: url, API_KEY },
  });
  expect(JSON.parse(printed)).toEqual(calls);
};

/** Runs a client of Clerk's. */
export const expectClerk = (doors: Doors, sdk: Pick<Sdk, "calls">, command: Command): Promise<void> =>
  expectHeld(command, doors.url("clerk"), sdk.calls);

/** Runs a client of SuperTokens' at both of its doors. */
export const expectSuperTokens = async (
  doors: Doors,
  { sdk, version, command }: { sdk: Sdk; version: string; command: Command },
): Promise<void> => {
  doors.protocols();
  await expectHeld(command, doors.url("supertokens"), sdk.calls);
  const withSessions = { ...command, env: { ...command.env, SESSIONS: "1" } };
  await expectHeld(withSessions, doors.url("core"), [...sdk.calls, ...(sdk.sessionCalls ?? [])]);
  expect(doors.protocols()).toEqual([sdk.versions[version]]);
};
