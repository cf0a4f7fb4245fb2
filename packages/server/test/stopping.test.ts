import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { type ClientRequest, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../../test/postgres/server.ts";
import { makePlace, type Place, type Served } from "./command.ts";

const KEY = "an-admin-key-of-the-tests";
const CALLERS = 32;
const bearer = { authorization: `Bearer ${KEY}` };

let place: Place;
beforeEach(() => {
  place = makePlace();
  writeFileSync(join(place.folder, "keys"), KEY);
});
afterEach(() => place.remove());

const start = (...flags: string[]) =>
  place.serve(["--port", "0", "--admin-key-file", "keys", "--rate-limit", "off", ...flags]);

/** Resolves when a line of the log has been written. */
const logged = async ({ log, child }: Served, text: string): Promise<void> => {
  while (!log().some(({ msg }) => msg === text)) await once(child.stdout ?? child, "data");
};

const lastOf = ({ log }: Served) => {
  const told = log().map(({ msg }) => msg);
  return told.slice(told.indexOf("stopping")).filter((msg) => msg !== "request");
};

/** Sends a signal until the process has ended. */
const insist = async ({ child }: Served): Promise<number | null> => {
  const exited = once(child, "exit");
  const timer = setInterval(() => child.kill("SIGTERM"), 100);
  const [code] = await exited;
  clearInterval(timer);
  return code;
};

test("while it drains, /readyz says 503 and all else is answered; a second signal ends it at once", async () => {
  const served = await start("--drain", "3600");
  served.child.kill("SIGTERM");
  await logged(served, "stopping");
  const ask = async (path: string, init: RequestInit = {}) => {
    const { status, headers } = await fetch(served.url + path, { headers: bearer, ...init });
    return [status, headers.get("connection"), headers.get("retry-after")];
  };
  expect(await ask("/readyz")).toEqual([503, "keep-alive", "1"]);
  expect(await ask("/healthz")).toEqual([200, "keep-alive", null]);
  const headers = { ...bearer, "content-type": "application/json" };
  const put = { method: "PUT", headers, body: '{"publicMetadata":{"kept":true}}' };
  expect(await ask("/users/jane/metadata", put)).toEqual([200, "keep-alive", null]);
  expect(await insist(served)).toBe(143);
});

test("after the drain no connection is taken, and one on which nothing was asked does not hold it up", async () => {
  const served = await start("--drain", "1");
  const { port } = new URL(served.url);
  const silent = connect(Number(port), "127.0.0.1");
  await once(silent, "connect");
  const idle = await fetch(`${served.url}/healthz`);
  expect([await idle.text(), idle.headers.get("connection")]).toEqual(["ok\n", "keep-alive"]);
  const ended = served.stop();
  const closed = once(silent, "close");
  const ready = async () => (await fetch(`${served.url}/readyz`)).status;
  await logged(served, "stopping");
  let seen = await ready();
  while (seen === 503) seen = await ready().catch(() => 0);
  expect(seen).toBe(0);
  await closed;
  expect((await ended).code).toBe(0);
  expect(lastOf(served)).toEqual(["stopping", "stopped"]);
});

/** A PostgreSQL of its own, and what stops all its processes and lets them go on. */
interface HangingPostgres extends PostgresServer {
  signal(name: "SIGSTOP" | "SIGCONT"): void;
}

const startHanging = async (): Promise<HangingPostgres> => {
  const server = await startPostgres(["fsync=off"]);
  const [main = ""] = readFileSync(join(server.data, "postmaster.pid"), "utf8").split("\n");
  const signal = (name: NodeJS.Signals): void => {
    const children = readFileSync(`/proc/${main}/task/${main}/children`, "utf8").split(" ");
    // Without a child it is empty, and 0 would be this process itself and its whole group.
    for (const pid of [main, ...children].map(Number)) if (pid > 0) process.kill(pid, name);
  };
  return { ...server, signal };
};

/** Sends the head of a write. */
const begin = (url: string, index: number): ClientRequest => {
  const sent = httpRequest(`${url}/users/user-${index}/metadata`, {
    method: "PUT",
    agent: false,
    headers: { ...bearer, "content-type": "application/json", expect: "100-continue" },
  });
  sent.flushHeaders();
  return sent;
};

/** Sends the body, and resolves to the answer once its connection is closed. */
const finish = async (sent: ClientRequest) => {
  const answered = once(sent, "response");
  sent.end('{"publicMetadata":{"written":true}}');
  const [response] = await answered;
  const closed = once(response.socket, "close");
  response.resume();
  await closed;
  return [response.statusCode, response.headers["retry-after"], response.headers.connection];
};

test.skipIf(process.platform !== "linux").each([
  ["goes on hanging", false, "the store did not close in time"],
  ["goes on when all are answered", true, "stopped"],
])("a database hangs, and %s: all are answered, nothing is written, and the server ends", async (...row) => {
  const [, resumes, last] = row;
  const database = await startHanging();
  onTestFinished(async () => {
    database.signal("SIGCONT");
    await database.remove();
  });
  const served = await start("--store", database.url);
  expect((await fetch(`${served.url}/readyz`)).status).toBe(200);
  database.signal("SIGSTOP");
  const sent = Array.from({ length: CALLERS }, (_, index) => begin(served.url, index));
  await Promise.all(sent.map((each) => once(each, "continue")));
  const ended = served.stop();
  const answers = await Promise.all(sent.map(finish));
  expect(answers).toEqual(Array(CALLERS).fill([503, "1", "close"]));
  if (resumes) database.signal("SIGCONT");
  expect((await ended).code).toBe(0);
  expect(lastOf(served)).toEqual(["stopping", "no time is left; answered 503", last]);
  database.signal("SIGCONT");
  const exported = await place.run(["export", "--store", database.url]);
  expect([exported.code, exported.stdout]).toEqual([0, ""]);
});
