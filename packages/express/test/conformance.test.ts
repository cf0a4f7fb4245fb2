import { createRequire } from "node:module";
import { testHttp } from "@usermeta/conformance/http";
import express from "express";
import { describe, test } from "vitest";
import { startOn } from "./start.ts";

const require = createRequire(import.meta.url);
/** Express 4 has no types of its own; those of 5 fit everything that is used here. */
const express4: typeof express = require("express4");

describe("Express 5", () => testHttp({ test, start: startOn(express) }));
describe("Express 4", () => testHttp({ test, start: startOn(express4) }));
