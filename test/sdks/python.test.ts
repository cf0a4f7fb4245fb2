import { installPython } from "./installs.ts";
import { testSdks } from "./test-sdks.ts";

testSdks({
  language: "Python",
  tools: ["python3 -m pip --version"],
  install: ({ name, client }, version) => {
    // The dependencies that all share have a version of this one that 0.29 refuses.
    const more = version.startsWith("0.29.") ? ["phonenumbers<9"] : [];
    return installPython(client, [`${name}==${version}`, ...more]);
  },
});
