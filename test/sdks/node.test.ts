/** The SDKs of JavaScript, which npm has installed under names of their own. */
import { describe, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { client, expectSuperTokens, openDoors } from "./doors.ts";
import { SUPERTOKENS } from "./sdks.ts";

/** The name by which a version of a package is imported: its own, or an alias. */
const aliasOf = (name: string, version: string): string | undefined => {
  const { devDependencies } = manifest;
  const found = Object.entries(devDependencies).find(
    ([alias, range]) => range === `npm:${name}@${version}` || (alias === name && range === version),
  );
  return found?.[0];
};

describe("the SDKs of JavaScript", () => {
  const doors = openDoors();
  const { node } = SUPERTOKENS;

  test.each(Object.keys(node.versions))(`${node.name} %s: metadata, and sessions`, async (version) => {
    const SDK = aliasOf(node.name, version);
    const command = [process.execPath, client("supertokens-node.ts")] as const;
    await expectSuperTokens(doors, { sdk: node, version, command: { command, env: { SDK } } });
  });
});
