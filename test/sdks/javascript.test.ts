import manifest from "../package.json" with { type: "json" };
import { client } from "./installs.ts";
import { testSdks } from "./test-sdks.ts";

testSdks({
  language: "JavaScript",
  tools: [],
  // npm has installed each, under its own name or an alias.
  install: ({ name, ...sdk }, version) => {
    const found = Object.entries(manifest.devDependencies).find(
      ([alias, range]) => range === `npm:${name}@${version}` || (alias === name && range === version),
    );
    if (!found) throw new Error(`${name} ${version} is not in test/package.json.`);
    return { command: [process.execPath, client(sdk.client)], env: { SDK: found[0] } };
  },
});
