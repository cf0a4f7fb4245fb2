/** The SDKs of Go. */
import { describe, test } from "vitest";
import { expectClerk, expectSuperTokens, openDoors } from "./doors.ts";
import { buildGo, MAY_INSTALL_MS, titleOf, whyNot } from "./installs.ts";
import { CLERK, SUPERTOKENS } from "./sdks.ts";

const why = whyNot(["go"]);

describe.skipIf(why !== undefined)(titleOf("Go", why), () => {
  const doors = openDoors();

  describe.each([SUPERTOKENS.go])("$name", (sdk) => {
    test.each(Object.keys(sdk.versions))(
      "%s: metadata, and sessions",
      async (version) => {
        const module = `github.com/supertokens/${sdk.name}`;
        const { command } = await buildGo("supertokens-golang.go", module, version);
        await expectSuperTokens(doors, { sdk, version, command: { command, env: { SDK: version } } });
      },
      MAY_INSTALL_MS,
    );
  });

  describe.each([CLERK.go])("$name", (sdk) => {
    test.each(Object.keys(sdk.versions))(
      "%s: users and their metadata",
      async (version) => {
        const { command } = await buildGo("clerk-sdk-go.go", `github.com/clerk/${sdk.name}`, version);
        await expectClerk(doors, sdk, { command, env: { SDK: version } });
      },
      MAY_INSTALL_MS,
    );
  });
});
