import { join } from "node:path";
import { expect, test } from "vitest";
import { bundleOf } from "../../../test/bundle.ts";

const folder = join(import.meta.dirname, "..");
const MAX_BYTES = 3 * 1024;

test("gzips to 3 KB at most beyond the client and React, minified", async () => {
  const { bytes } = await bundleOf(folder, ["react", "@usermeta/client"]);
  console.log(`react gzips to ${bytes} bytes of ${MAX_BYTES}`);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
});
