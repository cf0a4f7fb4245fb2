import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { start } from "./start.ts";

const unknown = "the server itself answers what the engine does not know";
const capabilities = {
  bodyParser: "the server has no parser but the engine's",
  fallback: unknown,
  ownRoutes: "the server has no routes of an app",
};

const skip = { "a doubled slash is not ours": unknown };

describe("usermeta serve", () => testHttp({ test, start, capabilities, skip }));
