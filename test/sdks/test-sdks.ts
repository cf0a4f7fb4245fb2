/** The tests of a language's SDKs: a client of each version, at its vendor's doors. */
import { describe, expect, test } from "vitest";
import { API_KEY, type Doors, openDoors } from "./doors.ts";
import { type Command, MAY_INSTALL_MS, run, unreachableIn, whyNot } from "./installs.ts";
import { type Language, SDKS, type Sdk } from "./sdks.ts";

interface Tested {
  readonly language: Language;
  /** The programs that it wants, each as it is asked for its version. */
  readonly tools: readonly string[];
  /** Brings a version of an SDK here. Resolves to how to run its client. */
  readonly install: (sdk: Sdk, version: string) => Command | Promise<Command>;
}

/** Runs every version of a language's SDKs, or skips them by name. */
export const testSdks = ({ language, tools, install }: Tested): void => {
  const why = whyNot(tools);
  const title = `the SDKs of ${language}${why === undefined ? "" : ` (skipped: ${why})`}`;
  describe.skipIf(why !== undefined)(title, () => {
    const doors = openDoors();
    describe.each(SDKS.filter((sdk) => sdk.language === language))("$name", (sdk) => {
      test.for(Object.keys(sdk.versions))("%s", { timeout: MAY_INSTALL_MS }, async (version, { skip }) => {
        const client = await Promise.resolve(install(sdk, version)).catch((error: unknown) => {
          const unreachable = unreachableIn(error);
          return unreachable === undefined ? Promise.reject(error) : skip(unreachable);
        });
        const own = { ...client, env: { SDK: version, ...client.env } };
        await (sdk.vendor === "Clerk" ? expectClerk : expectSuperTokens)(doors, {
          sdk,
          version,
          client: own,
        });
      });
    });
  });
};

interface Client {
  readonly sdk: Sdk;
  readonly version: string;
  readonly client: Command;
}

const expectClerk = (doors: Doors, { sdk, client }: Client): Promise<void> =>
  expectHeld(client, doors.url("clerk"), inAllWays(sdk, sdk.calls));

/** At both doors. Its version asks for that of the interface which is said of it. */
const expectSuperTokens = async (doors: Doors, { sdk, version, client }: Client): Promise<void> => {
  const calls = inAllWays(sdk, sdk.calls);
  doors.protocols();
  await expectHeld(client, doors.url("supertokens"), calls);
  const withSessions = { ...client, env: { ...client.env, SESSIONS: "1" } };
  const coreCalls = inAllWays(sdk, sdk.coreCalls ?? []);
  await expectHeld(withSessions, doors.url("core"), [...calls, ...coreCalls]);
  expect(doors.protocols()).toEqual([sdk.versions[version]]);
};

const inAllWays = ({ ways }: Sdk, calls: readonly string[]): readonly string[] =>
  ways ? ways.flatMap((way) => calls.map((call) => `${way}: ${call}`)) : calls;

const expectHeld = async (client: Command, url: string, calls: readonly string[]): Promise<void> => {
  const printed = await run({ ...client, env: { ...client.env, CONNECTION_URI: url, API_KEY } });
  expect(JSON.parse(printed)).toEqual(calls);
};
