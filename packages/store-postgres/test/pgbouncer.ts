/** A real PgBouncer that pools transactions, if the machine has one. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endKept, freePort, startKept } from "../../../test/kept-process.ts";

const COMMAND = "pgbouncer";

/** How many connections it opens to the server, for each database. */
export const SERVER_CONNECTIONS = 2;

/** PgBouncer in front of a server. */
export interface Bouncer {
  /** The address of the same database, through it. */
  through(url: string): string;
  /** Kills it with SIGKILL, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  /** Kills it, and removes its files. */
  remove(): Promise<void>;
}

/** As in `PgBouncer 1.18.0`; `undefined` if there is none on the PATH. */
export const bouncerVersion: string | undefined = (() => {
  try {
    return execFileSync(COMMAND, ["--version"], { encoding: "utf8" }).split("\n")[0];
  } catch {
    return undefined;
  }
})();

/** Runs PgBouncer until its own input ends, as it does when who started it is gone: then it kills it. */
const KEEPER = `"$0" "$@" 2>&1 & exec >&-; read _; kill -KILL $!; wait $!`;

/** Since 1.21 it follows prepared statements, if it is let. */
const followsPrepared = (version = ""): boolean => {
  const [, major = 0, minor = 0] = version.split(/[ .]/).map(Number);
  return major > 1 || (major === 1 && minor >= 21);
};

/** Starts PgBouncer on 127.0.0.1 in front of the server of a database; it logs in as the address says. */
export const bouncerTo = async (url: string): Promise<Bouncer> => {
  const server = new URL(url);
  const folder = mkdtempSync(join(tmpdir(), "usermeta-pgbouncer-"));
  const configuration = join(folder, "pgbouncer.ini");
  const port = await freePort();
  const login = {
    host: server.hostname,
    port: server.port || "5432",
    user: decodeURIComponent(server.username),
    password: decodeURIComponent(server.password),
  };
  const lines = [
    "[databases]",
    `* = ${Object.entries(login)
      .map(([name, value]) => `${name}='${value.replaceAll("'", "''")}'`)
      .join(" ")}`,
    "[pgbouncer]",
    ...["pool_mode = transaction", `default_pool_size = ${SERVER_CONNECTIONS}`, "max_client_conn = 1000"],
    ...["listen_addr = 127.0.0.1", `listen_port = ${port}`, "unix_socket_dir =", "auth_type = any"],
    // It refuses to run as root, and changes to this user when it has read its configuration.
    ...(process.getuid?.() === 0 ? ["user = nobody"] : []),
    ...(followsPrepared(bouncerVersion) ? ["max_prepared_statements = 0"] : []),
  ];
  writeFileSync(configuration, `${lines.join("\n")}\n`, { mode: 0o600 });
  const kept = { script: KEEPER, command: [COMMAND, configuration], ready: /process up/ };
  let keeper = await startKept(kept);
  return {
    through: (direct) => {
      const address = new URL(direct);
      address.hostname = "127.0.0.1";
      address.port = String(port);
      return address.href;
    },
    kill: () => endKept(keeper),
    start: async () => {
      keeper = await startKept(kept);
    },
    remove: async () => {
      await endKept(keeper);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
