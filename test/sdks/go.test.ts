/** The SDKs of Go. */
import { describe, test } from "vitest";
import { expectSuperTokens, openDoors } from "./doors.ts";
import { buildGo, titleOf, whyNot } from "./installs.ts";
import { SUPERTOKENS } from "./sdks.ts";

const why = whyNot(["go"]);

describe.skipIf(why !== undefined)(titleOf("Go", why), () => {
  const doors = openDoors();
  const { go } = SUPERTOKENS;

  test.each(Object.keys(go.versions))(`${go.name} %s: metadata, and sessions`, async (version) => {
    const module = `github.com/supertokens/${go.name}`;
    const { command } = await buildGo("supertokens-golang.go", module, version);
    await expectSuperTokens(doors, { sdk: go, version, command: { command, env: { SDK: version } } });
  });
});
