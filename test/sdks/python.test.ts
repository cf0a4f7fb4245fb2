/** The SDKs of Python, each by asyncio and by the calls that wait. */
import { describe, test } from "vitest";
import { expectClerk, expectSuperTokens, openDoors } from "./doors.ts";
import { installPython, MAY_INSTALL_MS, titleOf, whyNot } from "./installs.ts";
import { CLERK, SUPERTOKENS } from "./sdks.ts";

const why = whyNot(["python3"]);

const inBothWays = (calls: readonly string[]): readonly string[] =>
  ["asyncio", "syncio"].flatMap((way) => calls.map((call) => `${way}: ${call}`));

describe.skipIf(why !== undefined)(titleOf("Python", why), () => {
  const doors = openDoors();

  describe.each([SUPERTOKENS.python])("$name", (sdk) => {
    test.each(Object.keys(sdk.versions))(
      "%s: metadata, and sessions",
      async (version) => {
        // The dependencies that all share have a version of this one that 0.29 refuses.
        const more = version.startsWith("0.29.") ? ["phonenumbers<9"] : [];
        const { command, env } = await installPython("supertokens-python.py", [
          `${sdk.name}==${version}`,
          ...more,
        ]);
        const calls = inBothWays(sdk.calls);
        const sessionCalls = inBothWays(sdk.sessionCalls);
        await expectSuperTokens(doors, {
          sdk: { ...sdk, calls, sessionCalls },
          version,
          command: { command, env: { ...env, SDK: version } },
        });
      },
      MAY_INSTALL_MS,
    );
  });

  describe.each([CLERK.python])("$name", (sdk) => {
    test.each(Object.keys(sdk.versions))(
      "%s: users and their metadata",
      async (version) => {
        const { command, env } = await installPython("clerk-python.py", [`${sdk.name}==${version}`]);
        await expectClerk(
          doors,
          { calls: inBothWays(sdk.calls) },
          { command, env: { ...env, SDK: version } },
        );
      },
      MAY_INSTALL_MS,
    );
  });
});
