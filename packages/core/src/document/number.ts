/** What a double may not hold exactly: 16 digits or more, or an exponent of three. */
const LONG_NUMBER = /\d[\d.]{15}|[eE][+-]?\d{3}/;
const NUMBER = /^-?(\d+)\.?(\d*)(?:[eE](.+))?$/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/**
 * Whether a number of JSON text is kept as it is: whether it has the decimal value of `String(Number(literal))`, which
 * is what JavaScript writes of the double that it reads. `1e2` and `0.10` are, `9007199254740993` is not.
 */
export const isExactNumber = (literal: string): boolean =>
  !LONG_NUMBER.test(literal) || decimal(literal) === decimal(`${Number(literal)}`);

/** Tells of a double why it cannot be stored: it stands in this JSON text for a literal of another value. */
export const doubtOf = (text: string): ((value: number) => string | undefined) | undefined => {
  if (!LONG_NUMBER.test(text)) return undefined;
  const found = new Set<number>();
  for (const [token] of text.matchAll(STRING_OR_NUMBER))
    if (!token.startsWith('"') && !isExactNumber(token)) found.add(Number(token));
  return (value) =>
    found.has(value) ? `the number would be stored as ${value}; send that, or a string` : undefined;
};

/** A number without its sign, one spelling for each value. */
const decimal = (literal: string): string => {
  const [, whole = "", fraction = "", exponent = "0"] = NUMBER.exec(literal) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  let end = digits.length;
  // Not by a regular expression, which would try at every zero.
  while (digits[end - 1] === "0") end -= 1;
  return end ? `${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}` : "0";
};
