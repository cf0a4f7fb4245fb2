/** Run by Jest, which makes CommonJS of this file and of what it imports. */
import { main } from "../commonjs/dist/app.js";

test("an app in CommonJS", async () => {
  expect(await main()).toBe('{"userId":"jane"}');
});
