import * as hapi from "@hapi/hapi";
import { testHttp } from "@usermeta/conformance/http";
import * as hapi211 from "hapi-21-1";
import { describe, test } from "vitest";
import { startOn } from "./start.ts";

const skip = {
  "behind a parser: any integer beyond 2^53 is refused, for it may have been rounded":
    "hapi parses by route, so that its parser never runs before our routes, which read the body as it was sent",
};

describe("hapi 21", () => testHttp({ test, start: startOn(hapi), skip }));
describe("hapi 21.1", () => testHttp({ test, start: startOn(hapi211 as unknown as typeof hapi), skip }));
