/** The SDKs of Python, each by asyncio and by syncio. */
import { describe, test } from "vitest";
import { expectSuperTokens, openDoors } from "./doors.ts";
import { installPython, titleOf, whyNot } from "./installs.ts";
import { SUPERTOKENS } from "./sdks.ts";

const why = whyNot(["python3"]);
const inBothWays = (calls: readonly string[]): readonly string[] =>
  ["asyncio", "syncio"].flatMap((way) => calls.map((call) => `${way}: ${call}`));

describe.skipIf(why !== undefined)(titleOf("Python", why), () => {
  const doors = openDoors();
  const { python } = SUPERTOKENS;

  test.each(Object.keys(python.versions))(`${python.name} %s: metadata, and sessions`, async (version) => {
    // The dependencies that are shared have a version of this one that 0.29 refuses.
    const more = version.startsWith("0.29.") ? ["phonenumbers<9"] : [];
    const { command, env } = await installPython("supertokens-python.py", [
      `${python.name}==${version}`,
      ...more,
    ]);
    const both = {
      ...python,
      calls: inBothWays(python.calls),
      sessionCalls: inBothWays(python.sessionCalls),
    };
    await expectSuperTokens(doors, {
      sdk: both,
      version,
      command: { command, env: { ...env, SDK: version } },
    });
  });
});
