import type { Server } from "node:http";
import { createServer } from "node:http2";
import * as hapi from "@hapi/hapi";
import { testHttp } from "@usermeta/conformance/http";
import * as hapi211 from "hapi-21-1";
import { describe, test } from "vitest";
import { startOn } from "./start.ts";

const unparsed =
  "hapi parses by route, so that its parser never runs before our routes, which read the body as it was sent";
const skip = {
  "behind a parser: any integer beyond 2^53 is refused, for it may have been rounded": unparsed,
  "behind a parser: U+FFFD is refused, for it may stand for bytes that were not UTF-8": unparsed,
  "behind a parser: what it has inflated is not called compressed": unparsed,
};
/** hapi's types have a server of HTTP/1.1. */
const http2 = () => createServer() as unknown as Server;

describe("hapi 21", () => testHttp({ test, start: startOn(hapi), skip }));
describe("hapi 21.1", () => testHttp({ test, start: startOn(hapi211 as unknown as typeof hapi), skip }));
describe("hapi 21 by HTTP/2", () => testHttp({ test, http2: true, start: startOn(hapi, http2), skip }));
