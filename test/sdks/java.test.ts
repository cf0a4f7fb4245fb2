/** The SDK of Java. */
import { describe, test } from "vitest";
import { expectClerk, openDoors } from "./doors.ts";
import { installJava, MAY_INSTALL_MS, titleOf, whyNot } from "./installs.ts";
import { CLERK } from "./sdks.ts";

const why = whyNot(["java", "mvn"]);

describe.skipIf(why !== undefined)(titleOf("Java", why), () => {
  const doors = openDoors();

  describe.each([CLERK.java])("$name", (sdk) => {
    test.each(Object.keys(sdk.versions))(
      "%s: users and their metadata",
      async (version) => {
        const { command } = await installJava("Clerk.java", sdk.name, version);
        await expectClerk(doors, sdk, { command, env: { SDK: version } });
      },
      MAY_INSTALL_MS,
    );
  });
});
