#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 13)) {
  const { run } = await import("./cli.ts");
  await run(process.argv);
} else {
  process.stderr.write(`usermeta: Node ${process.versions.node} is too old; use 22.13 or later.\n`);
  process.exitCode = 1;
}
