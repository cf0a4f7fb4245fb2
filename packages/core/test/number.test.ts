import { describe, expect, test } from "vitest";
import { isExactNumber } from "../src/document/number.ts";
import { parseJson } from "../src/http/parse-json.ts";
import { UserMetadataError } from "../src/index.ts";

describe("isExactNumber", () => {
  test.each([
    "0",
    "-0",
    "-0.0",
    "0e999",
    "1.50",
    "15e-1",
    "1E22",
    "1e+2",
    "5e-324",
    "1.7976931348623157e308",
    "0.1",
    "9007199254740992",
    "9007199254740992.0",
    "900719925474099200e-2",
    "18446744073709552000",
    "1.8446744073709552e19",
    "0.30000000000000004",
    "123.456e78",
    "-0.00000000000000000000000000000000000000000000000000000000000000000001",
  ])("%s is kept", (literal) => {
    expect(isExactNumber(literal)).toBe(true);
  });

  test.each([
    "9007199254740993",
    "-9007199254740993",
    "9007199254740993.0",
    "9007199254740.993e3",
    "9007199254740993e0",
    "1152921504606846976",
    "18446744073709551616",
    "0.10000000000000001",
    "1e-400",
    "1e400",
    "2e-324",
    `1${"0".repeat(400)}`,
    "1e-99999999999999999999",
  ])("%s would be altered", (literal) => {
    expect(isExactNumber(literal)).toBe(false);
  });

  test("what JavaScript writes of a double is kept, as JSON and with an exponent", () => {
    const bits = new DataView(new ArrayBuffer(8));
    for (let round = 0; round < 20_000; round += 1) {
      bits.setUint32(0, Math.random() * 2 ** 32);
      bits.setUint32(4, Math.random() * 2 ** 32);
      const value = bits.getFloat64(0);
      if (!Number.isFinite(value)) continue;
      expect(isExactNumber(JSON.stringify(value))).toBe(true);
      expect(isExactNumber(value.toExponential())).toBe(true);
    }
  });

  test("a literal of a million zeros is judged in time that grows with its length", () => {
    const zeros = "0".repeat(1_000_000);
    expect(isExactNumber(`1.${zeros}1`)).toBe(false);
    expect(isExactNumber(`1.${zeros}`)).toBe(true);
  });
});

test("a refusal says which number would be stored", () => {
  let error: unknown;
  try {
    parseJson('{"a":["9007199254740993",1,9007199254740993]}');
  } catch (thrown) {
    error = thrown;
  }
  if (!UserMetadataError.is(error)) throw new Error("It was accepted.");
  expect(error).toMatchObject({ code: "json_value_refused", details: { path: "/a/2" } });
  expect(error.message).toContain("9007199254740992");
});
