import { installJava } from "./installs.ts";
import { testSdks } from "./test-sdks.ts";

testSdks({
  language: "Java",
  tools: ["java -version", "mvn -version"],
  install: ({ name, client }, version) => installJava(client, name, version),
});
