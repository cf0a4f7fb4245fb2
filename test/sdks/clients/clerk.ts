/**
 * An unmodified @clerk/backend or @clerk/clerk-sdk-node of any version, in a process of its own: what it does with users
 * and their metadata, held against what Clerk documents. It prints the calls that held, as JSON.
 */
import assert from "node:assert/strict";

const { SDK = "", CONNECTION_URI = "", API_KEY = "" } = process.env;

const { createClerkClient } = (await import(SDK)) as typeof import("clerk-backend-3");
const { users } = createClerkClient({ secretKey: API_KEY, apiUrl: CONNECTION_URI });

const held: string[] = [];
const hold = async (call: string, work: () => Promise<void>): Promise<void> => {
  await work();
  held.push(call);
};

const userId = `user_of_${SDK.replaceAll(/\W/g, "_")}`;

/** What the SDK makes of an answer of 404: its own error. */
const expectNotFound = (call: Promise<unknown>) =>
  assert.rejects(
    call,
    (error: Error & { clerkError?: boolean; status?: number; errors?: { code: string }[] }) => {
      assert.deepEqual(
        [error.clerkError, error.status, error.errors?.[0]?.code],
        [true, 404, "resource_not_found"],
      );
      return true;
    },
  );

await hold("a 404 is the SDK's own error", () => expectNotFound(users.getUser(userId)));
await hold("updateUserMetadata", async () => {
  const publicMetadata = { plan: { name: "pro", seats: 3 }, tags: ["a", "b"] };
  const privateMetadata = { stripeId: "cus_1" };
  await users.updateUserMetadata(userId, {
    publicMetadata,
    privateMetadata,
    unsafeMetadata: { theme: "dark" },
  });
  const user = await users.updateUserMetadata(userId, {
    publicMetadata: { plan: { seats: null, trial: true }, tags: ["c"] },
  });
  assert.deepEqual(user.publicMetadata, { plan: { name: "pro", trial: true }, tags: ["c"] });
});
await hold("getUser", async () => {
  const { id, publicMetadata, privateMetadata, unsafeMetadata } = await users.getUser(userId);
  assert.deepEqual([id, privateMetadata, unsafeMetadata], [userId, { stripeId: "cus_1" }, { theme: "dark" }]);
  assert.deepEqual(publicMetadata, { plan: { name: "pro", trial: true }, tags: ["c"] });
});
if ("replaceUserMetadata" in users)
  await hold("replaceUserMetadata", async () => {
    const user = await users.replaceUserMetadata(userId, { publicMetadata: { plan: "free" } });
    assert.deepEqual([user.publicMetadata, user.unsafeMetadata], [{ plan: "free" }, { theme: "dark" }]);
  });
await hold("getUserList", async () => {
  const list = await users.getUserList({
    userId: [userId, "user_nobody"],
    orderBy: "-created_at",
    limit: 10,
  });
  assert.deepEqual([list.totalCount, list.data.map(({ id }) => id)], [1, [userId]]);
});
await hold("getCount", async () =>
  assert.equal(await users.getCount({ userId: [userId, "user_nobody"] }), 1),
);
await hold("parallel updates", async () => {
  const keys = Array.from({ length: 50 }, (_, index) => `key${index}`);
  const privateMetadata = Object.fromEntries(keys.map((key, index) => [key, index]));
  await Promise.all(
    keys.map((key, index) => users.updateUserMetadata(userId, { privateMetadata: { [key]: index } })),
  );
  const user = await users.getUser(userId);
  assert.deepEqual(user.privateMetadata, { stripeId: "cus_1", ...privateMetadata });
});
await hold("deleteUser", async () => {
  const deleted = await users.deleteUser(userId);
  assert.equal(deleted.id, userId);
  await expectNotFound(users.getUser(userId));
});
process.stdout.write(JSON.stringify(held));
