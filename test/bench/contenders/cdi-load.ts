/** The load on a core: autocannon, which counts the good answers. Those that fail are told, not forbidden: a core may. */
import autocannon from "autocannon";
import { answer } from "../child.ts";
import type { Sample } from "../harness.ts";
import { settings, userId } from "../users.ts";

const CONNECTIONS = 32;
const USERS = 1024;

const [url = ""] = process.argv.slice(2);
const { API_KEY = "" } = process.env;
const { pathname } = new URL(url);

answer(async ({ milliseconds }: { milliseconds: number }): Promise<Sample> => {
  let good = 0;
  let connection = 0;
  const others = new Map<number, number>();
  const toRequest = (index: number): autocannon.Request => ({
    method: "PUT",
    path: `${pathname.replace(/\/$/, "")}/recipe/user/metadata`,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cdi-version": "5.4",
      ...(API_KEY && { "api-key": API_KEY }),
    },
    body: JSON.stringify({ userId: userId(index), metadataUpdate: settings(index) }),
    onResponse: (status, text) => {
      if (status === 200 && JSON.parse(text).status === "OK") good += 1;
      else others.set(status, (others.get(status) ?? 0) + 1);
    },
  });
  const start = performance.now();
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: milliseconds / 1000,
    sampleInt: 50,
    setupClient: (client) => {
      const first = connection++ % CONNECTIONS;
      const own = Array.from({ length: USERS / CONNECTIONS }, (_, index) => index * CONNECTIONS + first);
      client.setRequests(own.map(toRequest));
    },
  });
  const seconds = (performance.now() - start) / 1000;
  for (const [status, count] of others) console.error(`${url}: ${count} answers of ${status}, ${good} good`);
  const failures = result.errors > 0 ? [`${result.errors} connection errors`] : [];
  return { perSecond: good / seconds, p99Ms: result.latency.p99, failures };
});
