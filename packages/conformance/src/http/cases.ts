import { authorisationCases } from "./cases/access/authorisation.ts";
import { cookieCases } from "./cases/access/cookies.ts";
import { credentialCases } from "./cases/access/credentials.ts";
import { sessionHeaderCases } from "./cases/access/session-headers.ts";
import { disclosureCases } from "./cases/failures/disclosure.ts";
import { earlyRefusalCases } from "./cases/failures/early-refusals.ts";
import { pressureCases } from "./cases/failures/pressure.ts";
import { resilienceCases } from "./cases/failures/resilience.ts";
import { hostileJsonCases } from "./cases/json/hostile-json.ts";
import { jsonPatchCases } from "./cases/json/json-patch.ts";
import { limitCases } from "./cases/json/limits.ts";
import { mediaTypeCases } from "./cases/json/media-types.ts";
import { parsedBodyCases, SAME_BEHIND_A_PARSER } from "./cases/json/parsed-body.ts";
import { semanticsCases } from "./cases/json/semantics.ts";
import { adminRouteCases } from "./cases/routes/admin-routes.ts";
import { conditionCases } from "./cases/routes/conditions.ts";
import { dialectCases } from "./cases/routes/dialects.ts";
import { historyCases } from "./cases/routes/history.ts";
import { historyWriteCases } from "./cases/routes/history-writes.ts";
import { methodCases } from "./cases/routes/methods.ts";
import { openRouteCases } from "./cases/routes/open-routes.ts";
import { ownRouteCases } from "./cases/routes/own-routes.ts";
import { pathCases } from "./cases/routes/paths.ts";
import { searchCases } from "./cases/routes/search.ts";
import { sessionRouteCases } from "./cases/routes/session-routes.ts";
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
  ...earlyRefusalCases,
  ...pressureCases,
  ...disclosureCases,
  ...ownRouteCases,
  ...parsedBodyCases,
  ...searchCases,
  ...historyCases,
  ...historyWriteCases,
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
