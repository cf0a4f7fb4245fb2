/**
 * A disk that keeps what it says. The disk of a virtual machine often acknowledges a sync from memory, so that a
 * transaction costs next to nothing; on hardware a sync takes about a millisecond. Here each sync of a process takes
 * that long, by a library that is loaded before its own.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static int slowly(const char *name, int fd) {
  struct timespec pause = {0, PAUSE_NS};
  nanosleep(&pause, 0);
  return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}
int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
`;

/** The environment of a process whose syncs take `ms` longer; `undefined` if there is no C compiler, or no Linux. */
export function slowSync(folder: string, ms: number): Readonly<Record<string, string>> | undefined {
  if (process.platform !== "linux") return undefined;
  const source = join(folder, "slow-sync.c");
  const library = join(folder, "slow-sync.so");
  writeFileSync(source, SOURCE.replace("PAUSE_NS", String(ms * 1e6)));
  try {
    const options = ["-shared", "-fPIC", "-o", library, source, "-ldl"];
    execFileSync("cc", options, { stdio: "ignore" });
    return { LD_PRELOAD: library };
  } catch {
    return undefined;
  }
}
