import type { HistoryChange, WholeEntry } from "@usermeta/core";
import cliTruncate from "cli-truncate";
import stringWidth from "string-width";

const HEADER = ["TIME (UTC)", "VERSION", "WHO", "VIA", "CHANGED", "REASON"];
/** The columns that give way on a narrow terminal; a version is typed again, so it stays whole. */
const FLEXIBLE = [2, 3, 4, 5];
const LEAST_WIDTH = 6;
const GAP = "  ";

/** Entries as lines of a table, none of them wider than the terminal. */
export async function* toTable(entries: AsyncIterable<WholeEntry>, columns: number): AsyncGenerator<string> {
  const rows = [HEADER];
  for await (const entry of entries) rows.push(toRow(entry));
  const widths = narrow(
    HEADER.map((_, column) =>
      rows.reduce((widest, row) => Math.max(widest, stringWidth(row[column] ?? "")), 0),
    ),
    columns - GAP.length * (HEADER.length - 1),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) => toCell(cell, widths[column] ?? 0));
    yield `${cliTruncate(cells.join(GAP).trimEnd(), columns)}\n`;
  }
}

/** Takes from the widest column until all fit. */
const narrow = (natural: readonly number[], total: number): readonly number[] => {
  const widths = [...natural];
  const widest = (): number => FLEXIBLE.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a));
  let over = widths.reduce((sum, width) => sum + width, -total);
  for (let at = widest(); over > 0 && (widths[at] ?? 0) > LEAST_WIDTH; at = widest()) {
    widths[at] = (widths[at] ?? 0) - 1;
    over -= 1;
  }
  return widths;
};

const toCell = (text: string, width: number): string => {
  const cut = cliTruncate(text, width);
  return cut + " ".repeat(width - stringWidth(cut));
};

const toRow = ({ at, version, by, changes, reason = "", ...entry }: WholeEntry): string[] =>
  [
    new Date(at).toISOString().slice(0, 19).replace("T", " "),
    String(version),
    `${by.kind} ${by.id}`,
    by.via,
    [...actionOf(entry), ...changes.map(toShort)].join(", "),
    reason,
  ].map(visible);

const actionOf = ({ action, restored }: Pick<WholeEntry, "action" | "restored">): readonly string[] => {
  if (action === "update") return [];
  return [restored === undefined ? action : `${action} to ${restored}`];
};

const SIGNS = { add: "+", remove: "-", replace: "~" } as const;

/** `+public/plan` for `/publicMetadata/plan` that was added. */
const toShort = ({ op, path }: HistoryChange): string =>
  SIGNS[op] + path.replace(/^\/(public|private|unsafe)Metadata/, "$1").replace(/^\//, "");

/** What could move the cursor or turn the text is shown as an escape: a key may hold anything. */
const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
