/** The words that make a sentence hard to read, and the places where they stand. */
import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

/** A way to say it that a reader has to read twice. */
interface Rule {
  readonly pattern: RegExp;
  readonly instead: string;
}

/** What follows a "where" that means a place, not a condition. */
const PLACE =
  "(?!(?:it|they|this process|it|they|this|that) (?:stands?|listens?|serves?|was|comes?|came|lives?|begins?|(?:is|are) (?:mounted|served|made|stored|kept|deployed|thrown))\\b)";

const RULES: readonly Rule[] = [
  {
    pattern: /(?<!\bthere )\b(?:is|are|was|were) none\b/i,
    instead: "say what it is not: it is not a valid …",
  },
  {
    pattern: /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|fewer\b|older\b|way\b)/i,
    instead: "is not a …",
  },
  { pattern: /\bcannot be had\b|\b(?:is|are|was|were) had\b/i, instead: "could not get it" },
  {
    pattern: new RegExp(
      `\\b[Ww]here ${PLACE}(?:it|that|this|there|nothing|none|nobody|no|one|they|not|more than|(?:the|an?) \\w+ (?:has|is|does|cannot|can|gives|knows))\\b`,
    ),
    instead: "if",
  },
  { pattern: /\bhalf as \w+ again\b|\bas dear\b|\bdearer\b/i, instead: "1.5 times as expensive" },
  { pattern: /\bwhat few need\b|\bwhen (?:it is )?first asked for\b/i, instead: "rarely used" },
  { pattern: /\bnothing but\b/i, instead: "only" },
  { pattern: /\bof one's own\b/i, instead: "its own" },
  { pattern: /\ball the same\b/i, instead: "anyway" },
];

/** One place that has such words. */
export interface Finding {
  readonly line: number;
  readonly words: string;
  readonly instead: string;
}

/** The findings in a text that people read, whose first line has the number `firstLine`. */
export function hardWordsIn(text: string, firstLine = 1): readonly Finding[] {
  // A comment's stars and a text's line breaks are not part of the sentence.
  const plain = text.replace(/\n[ \t]*(?:\*|\/\/)?[ \t]*/g, (space) => `\n${" ".repeat(space.length - 1)}`);
  return RULES.flatMap(({ pattern, instead }) => {
    const spaced = new RegExp(pattern.source.replaceAll(" ", "\\s+"), `g${pattern.flags}`);
    return [...plain.matchAll(spaced)].map((match) => ({
      line: firstLine + plain.slice(0, match.index).split("\n").length - 1,
      words: match[0].replace(/\s+/g, " "),
      instead,
    }));
  });
}

/** The findings in the comments and string literals of a TypeScript file. */
export function hardWordsInSource(file: string): readonly Finding[] {
  const source = readFileSync(file, "utf8");
  const lineOf = (offset: number): number => source.slice(0, offset).split("\n").length;
  const { program, comments } = parseSync(file, source);
  const texts = comments.map(({ start, end }) => ({ start, text: source.slice(start, end) }));
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, start, value } = node as { type?: string; start?: number; value?: unknown };
    const isText =
      type === "TemplateElement" || type === "JSXText" || (type === "Literal" && typeof value === "string");
    if (isText && start !== undefined)
      texts.push({ start, text: source.slice(start, (node as { end: number }).end) });
    for (const child of Object.values(node)) walk(child);
  };
  walk(program);
  return texts.flatMap(({ start, text }) => hardWordsIn(text, lineOf(start)));
}

/** The lines of a page that are longer than 120 characters, and whose text could be wrapped. */
export function longLinesIn(page: string): readonly number[] {
  let isCode = false;
  return page.split("\n").flatMap((line, index) => {
    if (/^\s*```/.test(line)) isCode = !isCode;
    const canWrap = !isCode && !/^\s*[|<]|^\s*```/.test(line) && !/^\s*\S+$/.test(line);
    return canWrap && line.length > 120 ? [index + 1] : [];
  });
}
