/** Counts the signatures that supertokens-node verifies. Its jose takes the function at import: import this in `vi.hoisted`. */
const crypto = process.getBuiltinModule("node:crypto");
const verify = crypto.verify as (...all: readonly unknown[]) => unknown;

export const signatures = { verified: 0 };

// jose looks at the number of parameters.
const counting = (...[algorithm, data, key, signature, callback]: readonly unknown[]): unknown => {
  signatures.verified += 1;
  return verify(algorithm, data, key, signature, callback);
};
Object.assign(crypto, { verify: Object.defineProperty(counting, "length", { value: verify.length }) });
