/** What grows with the work: rates by the size of a document, and the memory of a server under load for minutes. */
import { startPostgres } from "../postgres/server.ts";
import {
  type Benchmark,
  type Child,
  type Result,
  runAll,
  type Sample,
  startChild,
  workIn,
} from "./harness.ts";
import { toText } from "./report.ts";

const SIZES = { "100 B": 100, "1 KB": 1024, "8 KB": 8192 };
/** The memory is looked at after each part of the time; the first warms up. */
const LOOKS = 6;
/** Memory that grows by a tenth or less is called flat. */
const FLAT = 0.9;

/** What a process holds, in bytes. */
export interface Memory {
  /** After a full collection. */
  readonly heap: number;
  readonly resident: number;
}

/** Runs the benchmarks on a server of their own, which is gone after them. */
export async function growth(folder: string, load: Child, minutes: number): Promise<readonly Result[]> {
  const server = await startPostgres();
  try {
    const sizes = await runAll([ofSizes("updates", server.url), ofSizes("reads", server.url)]);
    return [...sizes, ...(await memory({ folder, load, url: server.url, minutes }))];
  } finally {
    await server.remove();
  }
}

function ofSizes(kind: "updates" | "reads", url: string): Benchmark {
  const [first = "", ...larger] = Object.keys(SIZES);
  const contenders = Object.entries(SIZES).map(
    ([name, bytes]) => [name, () => workIn("contenders/documents.ts", [url, kind, String(bytes)])] as const,
  );
  return {
    title: `PostgreSQL, 64 callers, 1,000 users, by the size of a document: ${kind}`,
    unit: `${kind}/s`,
    rounds: 3,
    roundMs: 700,
    contenders: Object.fromEntries(contenders),
    ratios: larger.map((of) => ({ of, to: first, bound: true })),
  };
}

interface Load {
  readonly folder: string;
  readonly load: Child;
  readonly url: string;
  readonly minutes: number;
}

async function memory({ folder, load, url, minutes }: Load): Promise<readonly Result[]> {
  const app = await startChild("contenders/framework.ts", [folder, "express", url]);
  const roundMs = (minutes * 60_000) / LOOKS;
  const looks: Memory[] = [];
  const failures: string[] = [];
  try {
    for (let look = 0; look < LOOKS; look++) {
      for (const [requests, path] of Object.entries({ updates: "/updateinfo", reads: "/metadata" })) {
        const order = { requests, path, url: app.ready, milliseconds: roundMs / 2 };
        failures.push(...((await load.ask(order)) as Sample).failures);
      }
      looks.push((await app.ask({ memory: true })) as Memory);
    }
  } finally {
    await app.stop();
  }
  const results = [
    toResult(
      "Express on PostgreSQL under load: heap after a collection",
      looks.map(({ heap }) => heap),
      FLAT,
    ),
    toResult(
      "Express on PostgreSQL under load: resident memory",
      looks.map(({ resident }) => resident),
    ),
  ].map((result) => ({ ...result, roundMs, failures }));
  for (const result of results) console.log(toText(result));
  return results;
}

/** Bytes by look; how the first compares to the last. */
function toResult(
  title: string,
  bytes: readonly number[],
  target?: number,
): Omit<Result, "roundMs" | "failures"> {
  const names = bytes.map((_, look) => `part ${look + 1}`);
  const ratio = (bytes[0] ?? Number.NaN) / (bytes.at(-1) ?? Number.NaN);
  return {
    title,
    unit: "MiB",
    rounds: bytes.length,
    rates: names.map((name, look) => ({ name, median: (bytes[look] ?? Number.NaN) / 2 ** 20 })),
    comparisons: [
      {
        of: names[0] ?? "",
        to: names.at(-1) ?? "",
        bound: true,
        ...(target !== undefined && { target }),
        ...{ median: ratio, lowest: ratio, highest: ratio },
      },
    ],
  };
}
