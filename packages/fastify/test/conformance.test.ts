import { createRequire } from "node:module";
import { testHttp } from "@usermeta/conformance/http";
import { fastify } from "fastify";
import { describe, test } from "vitest";
import { startOn } from "./start.ts";

const require = createRequire(import.meta.url);
/** The types of the newest version fit everything that is used here. */
const oldest: { readonly fastify: typeof fastify } = require("fastify5.0");

describe("Fastify 5", () => testHttp({ test, start: startOn(fastify) }));
describe("Fastify 5.0", () => testHttp({ test, start: startOn(oldest.fastify) }));
describe("Fastify 5 by HTTP/2", () => testHttp({ test, http2: true, start: startOn(fastify, true) }));
