/**
 * The texts of errors, as one file that a reviewer reads: a text that changes shows there. After a change that is meant:
 * `pnpm unit test/error-texts -u`.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES } from "@usermeta/core";
import { parseSync } from "oxc-parser";
import { expect, test } from "vitest";
import { packagesIn, sourceFiles } from "./source.ts";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly value?: unknown;
  readonly name?: string;
  readonly property?: Node;
  readonly callee?: Node;
  readonly arguments?: readonly Node[];
  readonly elements?: readonly (Node | null)[];
  readonly key?: Node;
  readonly body?: Node;
}

/** Functions that make an error of one code. */
const MAKERS: ReadonlyMap<string, string> = new Map([
  ["invalidOption", "options_invalid"],
  ["invalid", "options_invalid"],
  ["invalidSetting", "options_invalid"],
  ["invalidQuery", "query_invalid"],
  ["invalidToken", "token_invalid"],
]);

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

const isText = ({ type, value }: Node): boolean =>
  type === "TemplateLiteral" ||
  type === "BinaryExpression" ||
  type === "ConditionalExpression" ||
  (type === "Literal" && typeof value === "string");

/** The code and the texts in `(…, "code", "text", …)`, in `invalidOption("text")`, and in `{ code: () => "text" }`. */
const textsOf = (node: Node): readonly [code: string, texts: readonly Node[]] | undefined => {
  const { key, value } = node;
  if (key?.name && Object.hasOwn(ERROR_CODES, key.name) && isNode(value))
    return [key.name, [value.body ?? value].filter(isText)];
  const parts = (node.arguments ?? node.elements ?? []).filter(isNode);
  const at = parts.findIndex(({ value }) => typeof value === "string" && Object.hasOwn(ERROR_CODES, value));
  if (at >= 0) return [String(parts[at]?.value), parts.slice(at + 1).filter(isText)];
  const maker = MAKERS.get(node.callee?.name ?? node.callee?.property?.name ?? "");
  return maker === undefined ? undefined : [maker, parts.filter(isText)];
};

const errorTexts = (file: string): readonly string[] => {
  const source = readFileSync(file, "utf8");
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    if (!isNode(value)) return;
    const [code, texts] = textsOf(value) ?? [];
    if (code && texts && texts.length > 0) {
      const lines = texts.map(({ start, end }) => source.slice(start, end).replace(/\s+/g, " "));
      found.push(`${code}: ${lines.join(" ")}`);
    }
    for (const child of Object.values(value)) walk(child);
  };
  walk(parseSync(file, source).program);
  return found;
};

const texts = packagesIn("packages")
  .filter(({ folder }) => folder !== "conformance")
  .flatMap(({ folder, path }) =>
    sourceFiles(join(path, "src"))
      .flatMap(errorTexts)
      .map((text) => `${folder} ${text}`),
  )
  .sort((a, b) => (a < b ? -1 : 1));

test("the texts of errors are those that were reviewed", async () => {
  await expect(`${texts.join("\n")}\n`).toMatchFileSnapshot("error-texts.txt");
});

test("no text names a user: an id may be an e-mail address", () => {
  // What stands for a user in a text that goes into a log is a digest of the id.
  const named = texts.filter((text) => /\$\{(?!digestOf\()[^}]*\b(userId|userIds\[|sub|email)\b/.test(text));
  expect(named).toEqual([]);
});

test("no text has an article before a word that it does not know", () => {
  expect(texts.filter((text) => /\b(a|an) \$\{/.test(text))).toEqual([]);
});

test("no text quotes what another library says, but that of an option, which goes to whoever starts the process", () => {
  const quoting = texts.filter((text) => /\$\{[^}]*\b(message|(error|cause)(?!\.code))\b/.test(text));
  expect(quoting.filter((text) => !/^\S+ options_invalid: /.test(text))).toEqual([]);
});

test("every code has a text", () => {
  const codes = new Set(texts.map((text) => /^\S+ (\w+):/.exec(text)?.[1]));
  expect(Object.keys(ERROR_CODES).filter((code) => !codes.has(code))).toEqual([]);
});
