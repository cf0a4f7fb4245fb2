import { buildGo } from "./installs.ts";
import { testSdks } from "./test-sdks.ts";

testSdks({
  language: "Go",
  tools: ["go version"],
  install: ({ name, client }, version) => buildGo(client, name, version),
});
