import { createRequire } from "node:module";
import { testHttp } from "@usermeta/conformance/http";
import Koa from "koa";
import { describe, test } from "vitest";
import { listenHttp2, SKIP, startOn } from "./start.ts";

const require = createRequire(import.meta.url);
/** Koa 2 has the same types. */
const Koa2: typeof Koa = require("koa2");

describe("Koa 3", () => testHttp({ test, start: startOn(Koa, "option"), skip: SKIP }));
describe("Koa 3 by HTTP/2", () =>
  testHttp({ test, http2: true, start: startOn(Koa, "option", listenHttp2), skip: SKIP }));
describe("Koa 2, by koa-mount", () => testHttp({ test, start: startOn(Koa2, "koa-mount"), skip: SKIP }));
