/** The SDKs of JavaScript, which npm has installed under names of their own. */
import { describe, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { type Command, client, expectClerk, expectSuperTokens, openDoors } from "./doors.ts";
import { CLERK, SUPERTOKENS } from "./sdks.ts";

/** How to run a client with a version of an SDK: package.json has it under its own name or an alias. */
const clientOf = (file: string, name: string, version: string): Command => {
  const found = Object.entries(manifest.devDependencies).find(
    ([alias, range]) => range === `npm:${name}@${version}` || (alias === name && range === version),
  );
  expect(found, `${name} ${version} in test/package.json`).toBeDefined();
  return { command: [process.execPath, client(file)], env: { SDK: found?.[0] } };
};

describe("the SDKs of JavaScript", () => {
  const doors = openDoors();

  describe.each([SUPERTOKENS.node])("$name", (sdk) => {
    test.each(Object.keys(sdk.versions))("%s: metadata, sessions and JWTs", async (version) => {
      const command = clientOf("supertokens-node.ts", sdk.name, version);
      await expectSuperTokens(doors, { sdk, version, command });
    });
  });

  describe.each([CLERK.old, CLERK.backend, CLERK.node])("$name", (sdk) => {
    test.each(Object.keys(sdk.versions))("%s: users and their metadata", async (version) => {
      await expectClerk(doors, sdk, clientOf("clerk.ts", sdk.name, version));
    });
  });
});
