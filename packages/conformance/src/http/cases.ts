import { adminRouteCases } from "./cases/admin-routes.ts";
import { authorisationCases } from "./cases/authorisation.ts";
import { conditionCases } from "./cases/conditions.ts";
import { cookieCases } from "./cases/cookies.ts";
import { credentialCases } from "./cases/credentials.ts";
import { dialectCases } from "./cases/dialects.ts";
import { hostileJsonCases } from "./cases/hostile-json.ts";
import { jsonPatchCases } from "./cases/json-patch.ts";
import { limitCases } from "./cases/limits.ts";
import { mediaTypeCases } from "./cases/media-types.ts";
import { methodCases } from "./cases/methods.ts";
import { openRouteCases } from "./cases/open-routes.ts";
import { ownRouteCases } from "./cases/own-routes.ts";
import { parsedBodyCases, SAME_BEHIND_A_PARSER } from "./cases/parsed-body.ts";
import { pathCases } from "./cases/paths.ts";
import { pressureCases } from "./cases/pressure.ts";
import { resilienceCases } from "./cases/resilience.ts";
import { searchCases } from "./cases/search.ts";
import { semanticsCases } from "./cases/semantics.ts";
import { sessionHeaderCases } from "./cases/session-headers.ts";
import { sessionRouteCases } from "./cases/session-routes.ts";
import type { HttpCase } from "./contract.ts";

const once: readonly HttpCase[] = [
  ...sessionRouteCases,
  ...adminRouteCases,
  ...openRouteCases,
  ...semanticsCases,
  ...mediaTypeCases,
  ...conditionCases,
  ...credentialCases,
  ...authorisationCases,
  ...cookieCases,
  ...hostileJsonCases,
  ...jsonPatchCases,
  ...limitCases,
  ...pathCases,
  ...methodCases,
  ...resilienceCases,
  ...pressureCases,
  ...ownRouteCases,
  ...parsedBodyCases,
  ...searchCases,
  ...sessionHeaderCases,
  ...dialectCases,
];

const behindParser = (name: string): HttpCase => {
  const found = once.find((testCase) => testCase.name === name);
  if (found === undefined) throw new Error(`There is no case "${name}" to run behind a body parser.`);
  return { ...found, name: `behind a parser: ${name}`, mount: "parsed" };
};

const checkNames = (cases: readonly HttpCase[]): readonly HttpCase[] => {
  const names = new Set(cases.map(({ name }) => name));
  if (names.size !== cases.length) throw new Error("Two cases have one name.");
  return cases;
};

/**
 * The HTTP contract of every adapter (`docs/http.md`), case by case.
 *
 * @example
 * ```ts
 * import { httpCases } from "@usermeta/conformance/http";
 *
 * const aboutTokens = httpCases.filter(({ name }) => name.includes("token"));
 * console.log(aboutTokens.length > 0); // true
 * ```
 */
export const httpCases: readonly HttpCase[] = checkNames([
  ...once,
  ...SAME_BEHIND_A_PARSER.map(behindParser),
]);
