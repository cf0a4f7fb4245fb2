/** Says on standard error that a command reads what is typed, if its standard input is a terminal. */
export const tellOfWaiting = (
  stdin: Pick<NodeJS.ReadStream, "isTTY">,
  what: string,
  stderr: Pick<NodeJS.WriteStream, "write"> = process.stderr,
): void => {
  if (stdin.isTTY) stderr.write(`Reading ${what} from standard input; end with Ctrl-D.\n`);
};
