/** A tab that is behind catches up. Node has no tabs, so each test stands in for the page that it runs in. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createUserMetadataClient, type UserMetadataClient } from "../src/index.ts";
import { refuse, startServer, type TestServer } from "./server.ts";

let server: TestServer;
let token: string | null;
const page = new EventTarget();
const document = Object.assign(new EventTarget(), { visibilityState: "visible" });

beforeEach(async () => {
  server = await startServer();
  token = await server.metadata.issueToken("jane");
});
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  vi.unstubAllGlobals();
  document.visibilityState = "visible";
});

const inBrowser = (): void => {
  vi.stubGlobal("document", document);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
};

const openTab = async (): Promise<UserMetadataClient> => {
  const client = createUserMetadataClient({
    baseUrl: `${server.url}/auth`,
    getToken: () => token,
    retries: 0,
  });
  ends.push(client.subscribe(() => undefined));
  await client.load();
  return client;
};
const requests = (): number => server.requests.length;
const planOf = (client: UserMetadataClient): unknown => client.getSnapshot().publicMetadata.plan;
const sell = (plan: string) => server.metadata.updateUserMetadata("jane", { publicMetadata: { plan } });

describe("objects stay the same until something in them changes", () => {
  test("a load that finds nothing stored is not a change", async () => {
    const client = await openTab();
    const first = client.getSnapshot();
    expect(first.version).toBe(0);
    expect(await client.load()).toBe(first);
    expect(requests()).toBe(2);
  });

  test("each tier keeps its object through changes of the other", async () => {
    await server.metadata.updateUserMetadata("jane", { publicMetadata: { roles: ["a"] } });
    const client = await openTab();
    const { publicMetadata } = client.getSnapshot();
    const saving = client.update({ theme: "dark" });
    const { unsafeMetadata } = client.getSnapshot();
    const saved = await saving;
    expect(saved.publicMetadata).toBe(publicMetadata);
    expect(saved.unsafeMetadata).toBe(unsafeMetadata);
    await sell("pro");
    const loaded = await client.load();
    expect(loaded.publicMetadata).toEqual({ roles: ["a"], plan: "pro" });
    expect(loaded.unsafeMetadata).toBe(unsafeMetadata);
  });
});

describe("a tab", () => {
  beforeEach(inBrowser);

  test.each([
    ["gets the focus", () => page.dispatchEvent(new Event("focus"))],
    ["comes into sight", () => document.dispatchEvent(new Event("visibilitychange"))],
  ])("that %s reads what the server has changed", async (_, happen) => {
    const client = await openTab();
    await sell("pro");
    happen();
    await vi.waitFor(() => expect(planOf(client)).toBe("pro"));
  });

  test("reads once if it comes into sight and gets the focus, and not when it goes out of sight", async () => {
    const client = await openTab();
    document.visibilityState = "hidden";
    document.dispatchEvent(new Event("visibilitychange"));
    document.visibilityState = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    page.dispatchEvent(new Event("focus"));
    await client.load();
    expect(requests()).toBe(3);
  });

  test("reads what another tab has written, and that one does not read again", async () => {
    const [one, two] = [await openTab(), await openTab()];
    await one.update({ theme: "dark" });
    await vi.waitFor(() => expect(two.getSnapshot().unsafeMetadata).toEqual({ theme: "dark" }));
    // What is told after what `two` has told: had `one` taken that for news, it would read before this write.
    await two.update({ theme: "light" });
    await vi.waitFor(() => expect(one.getSnapshot().unsafeMetadata).toEqual({ theme: "light" }));
    const get = "GET /auth/metadata";
    const patch = "PATCH /auth/metadata";
    expect(server.requests).toEqual([get, get, patch, get, patch, get]);
  });

  test("reads what another tab has read, once for all that it hears", async () => {
    const [one, two] = [await openTab(), await openTab()];
    await sell("pro");
    await one.load();
    await vi.waitFor(() => expect(planOf(two)).toBe("pro"));
    expect(requests()).toBe(4);
  });

  test("sees that somebody signed out in another tab", async () => {
    const [one, two] = [await openTab(), await openTab()];
    token = null;
    await one.load();
    await vi.waitFor(() => expect(two.getSnapshot()).toMatchObject({ isSignedIn: false, userId: undefined }));
  });

  test("tells nothing of the metadata", async () => {
    const heard: unknown[] = [];
    const channel = new BroadcastChannel(`usermeta ${server.url}/auth`);
    onTestFinished(() => channel.close());
    channel.onmessage = ({ data }: { data: unknown }) => heard.push(data);
    const client = await openTab();
    const { version } = await client.update({ theme: "dark" });
    await vi.waitFor(() =>
      expect(heard).toEqual([
        { userId: "jane", version: 0 },
        { userId: "jane", version },
      ]),
    );
  });

  test("shows no error of a read that nobody has asked for, and keeps the one that is shown", async () => {
    const client = await openTab();
    server.between = refuse(422, "schema_mismatch");
    await client.update({ theme: "dark" }).catch(() => undefined);
    const shown = client.getSnapshot();
    server.between = refuse(500, "internal_error");
    page.dispatchEvent(new Event("focus"));
    await vi.waitFor(() => expect(requests()).toBe(3));
    server.between = (_request, _response, pass) => pass();
    await sell("pro");
    page.dispatchEvent(new Event("focus"));
    await vi.waitFor(() => expect(planOf(client)).toBe("pro"));
    expect(client.getSnapshot().error).toBe(shown.error);
    expect(shown.error?.code).toBe("schema_mismatch");
  });

  test("that nobody looks at any more, or that has not loaded, asks for nothing", async () => {
    const options = { baseUrl: `${server.url}/auth`, getToken: () => token };
    const client = createUserMetadataClient(options);
    const end = client.subscribe(() => undefined);
    page.dispatchEvent(new Event("focus"));
    await client.load();
    end();
    page.dispatchEvent(new Event("focus"));
    const other = await openTab();
    await other.update({ theme: "dark" });
    await client.load();
    expect(server.requests.filter((each) => each.startsWith("GET"))).toHaveLength(3);
  });
});

test("on a server there is no tab to follow", async () => {
  const made = vi.spyOn(globalThis, "BroadcastChannel");
  onTestFinished(() => made.mockRestore());
  const client = await openTab();
  await client.update({ theme: "dark" });
  expect(made).not.toHaveBeenCalled();
});
