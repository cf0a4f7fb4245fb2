import { testHttp } from "@usermeta/conformance/http";
import { describe, test } from "vitest";
import { functionUrl, type Gateway, httpApi, restApi } from "./gateway.ts";
import { startBehind } from "./start.ts";

const capabilities = {
  abort: "a gateway calls a function only after it has the whole body",
  disconnect: "a gateway does not tell a function that its client has gone",
};
const middy = {
  "behind a parser: hostile body, refused: only a byte order mark": "middy's parser throws a 422 of its own",
  "behind a parser: what it has inflated is not called compressed": "middy's parser does not inflate",
};
const suite = (gateway: Gateway, skip: Record<string, string>) => () =>
  testHttp({ test, start: startBehind(gateway), capabilities, skip: { ...middy, ...skip } });

const v2 = {
  "hostile JSON, accepted: U+FFFD that was sent as such":
    "the gateway hands over a text, in which it may stand for bytes that were not UTF-8",
  "behind a parser: hostile body, refused: a missing one": "middy's parser throws a 422 of its own",
};
const decoded = "an HTTP API hands over the path decoded";
describe("a REST API, format 1.0", suite(restApi, {}));
describe("a function URL, format 2.0", suite(functionUrl, v2));
const paths = {
  "a user id in the path: an encoded slash": decoded,
  "a user id in the path: an encoded slash in lower case": decoded,
  "a user id in the path: an encoded space, question mark and hash": decoded,
  "below a prefix every route answers": `${decoded}, and the case has an encoded slash`,
  "a malformed percent-encoding in the path is a 400 path_invalid": decoded,
  "HEAD answers a refusal as GET, without the body": `${decoded}, and the case has a malformed one`,
};
describe("an HTTP API, format 2.0", suite(httpApi, { ...v2, ...paths }));
