import { createUserMetadata, memoryStore } from "@usermeta/core";
import { startDevCore } from "@usermeta/supertokens/dev-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manyKeys } from "./dev-core-cases.ts";
import { describeMetadata, initMetadata, sdk } from "./dev-core-metadata.ts";

// Enough for 3,000 keys.
const maxTierBytes = 40_960;
const metadata = createUserMetadata({ store: memoryStore(), limits: { maxTierBytes } });
let core: Awaited<ReturnType<typeof startDevCore>>;

beforeAll(async () => {
  core = await startDevCore({ port: 0, metadata });
  initMetadata({ connectionURI: core.url });
});
afterAll(() => core?.close());

describeMetadata(() => ({ connectionURI: core.url }), maxTierBytes);

// Its answers are 50 MB.
test(manyKeys.name, () => manyKeys.run(sdk, "many keys"), 300_000);

test("it is the private tier of the app's engine", async () => {
  await metadata.updateUserMetadata("shared", { privateMetadata: { stripeId: "cus_1" } });
  const response = await fetch(`${core.url}/recipe/user/metadata?userId=shared`);
  expect(await response.json()).toEqual({ status: "OK", metadata: { stripeId: "cus_1" } });
});
