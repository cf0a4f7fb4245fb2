import { main } from "./app";

main().then(console.log, (error: Error) => {
  console.error(error);
  process.exitCode = 1;
});
