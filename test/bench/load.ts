/** The load generator: autocannon in a process of its own, which looks at every answer. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import autocannon from "autocannon";
import { answer } from "./child.ts";
import type { Sample, Target } from "./harness.ts";
import { readUsers, settings, userId } from "./users.ts";

const CONNECTIONS = 64;

const [folder = "."] = process.argv.slice(2);
const bearers = readUsers(folder).tokens.map((token) => ({ authorization: `Bearer ${token}` }));

interface Order extends Target {
  readonly url: string;
  readonly milliseconds: number;
}

/** The headers of each user's requests. */
const sessionsIn = (file: string): readonly Readonly<Record<string, string>>[] =>
  JSON.parse(readFileSync(join(folder, file), "utf8"));

answer(async ({ url, path, requests, milliseconds, ...wanted }: Order): Promise<Sample> => {
  const sessions = wanted.sessions === undefined ? bearers : sessionsIn(wanted.sessions);
  const { users = sessions.length } = wanted;
  const { pathname } = new URL(url);
  let good = 0;
  let connection = 0;
  const failures: string[] = [];
  const toRequest = (index: number): autocannon.Request => {
    const body = JSON.stringify(settings(index));
    const expected = wanted.answer?.replace("{user}", userId(index)) ?? body;
    return {
      method: requests === "updates" ? "POST" : "GET",
      path: (pathname === "/" ? "" : pathname) + path,
      headers: {
        ...sessions[index],
        ...(requests === "updates" ? { "content-type": "application/json" } : {}),
      },
      ...(requests === "updates" ? { body } : {}),
      onResponse: (status, text) => {
        if (status >= 200 && status < 300 && text.includes(expected)) good += 1;
        else failures.push(`${status} ${text.slice(0, 200)}`);
      },
    };
  };
  let start = Number.NaN;
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: milliseconds / 1000,
    sampleInt: 50,
    // Each connection has users of its own, as each browser has.
    setupClient: (client) => {
      const first = connection++ % CONNECTIONS;
      const own = sessions.keys().filter((index) => index < users && index % CONNECTIONS === first);
      client.setRequests([...own].map(toRequest));
      // To make the requests of many users takes a quarter of a second, in which none is sent.
      start = performance.now();
    },
  });
  const seconds = (performance.now() - start) / 1000;
  if (result.errors > 0) failures.push(`${result.errors} connection errors`);
  return {
    perSecond: good / seconds,
    count: good,
    p99Ms: result.latency.p99,
    failures: failures.slice(0, 3),
  };
});
