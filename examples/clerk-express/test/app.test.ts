import { expect, test } from "vitest";
import { buildApp } from "../app.ts";
import { testClerkExample } from "./suite.ts";

testClerkExample(buildApp);

test("without an instance whose users are signed in it does not start", async () => {
  const options = { path: ":memory:", secretKey: "sk_test_of_the_examples" };
  await expect(buildApp(options)).rejects.toMatchObject({ code: "options_invalid" });
});
