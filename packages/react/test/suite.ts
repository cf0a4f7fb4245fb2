/** What the hooks do, in a page and on a server, whichever React they run in. */
import type { UserMetadataClient, UserView } from "@usermeta/client";
import type { ReactNode } from "react";
import type { Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { refuse, script, startServer, type TestServer } from "../../client/test/server.ts";
import type { UseUser } from "../src/index.ts";
import type { Fixture } from "./load.ts";

export const testHooks = (fixture: Fixture, version: string): void => {
  const { React, Boundary, Save, See, Theme, UserMetadataProvider } = fixture;
  const { createElement: h, act, StrictMode, Suspense } = React;

  let server: TestServer;
  let client: UserMetadataClient;
  let token: string | null;
  const complaints: unknown[][] = [];

  beforeEach(async () => {
    server = await startServer();
    token = await server.metadata.issueToken("jane");
    client = fixture.client.createUserMetadataClient({
      baseUrl: `${server.url}/auth`,
      getToken: () => token,
      retries: 0,
    });
    document.body.innerHTML = "<div id=root></div>";
    complaints.length = 0;
    vi.spyOn(console, "error").mockImplementation((...said) => void complaints.push(said));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  const page = (): HTMLElement => document.getElementById("root") as HTMLElement;
  const text = (): string | null => page().textContent;
  const finish = (root: Root): Root => {
    onTestFinished(() => act(async () => root.unmount()));
    return root;
  };
  const render = async (node: ReactNode): Promise<Root> => {
    const root = finish(fixture.createRoot(page()));
    await act(async () => root.render(node));
    return root;
  };
  /** Outside of an act, where React renders by itself, as it does in a browser. */
  const waitFor = async (check: () => void): Promise<void> => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });
    await vi.waitFor(check, { interval: 2 });
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  };
  const shows = (wanted: string): Promise<void> => waitFor(() => expect(text()).toBe(wanted));
  const click = (label: string): Promise<void> =>
    act(async () => {
      const buttons = [...page().querySelectorAll("button")];
      buttons.find((button) => button.textContent === label)?.click();
    });
  const provided = (node: ReactNode, initial?: UserView | null): ReactNode =>
    h(StrictMode, null, h(UserMetadataProvider, { client, initial }, node));
  const requests = (method: string): number =>
    server.requests.filter((each) => each.startsWith(method)).length;
  const views = async (): Promise<UserView> => ({ ...(await server.metadata.getUserMetadata("jane")) });

  test("this is the React that it says it is", () => {
    expect(React.version.startsWith(version)).toBe(true);
  });

  describe("in a page", () => {
    test("many components share one request, in StrictMode too", async () => {
      await server.metadata.updateUserMetadata("jane", { unsafeMetadata: { theme: "dark" } });
      await render(provided(Array.from({ length: 20 }, (_, key) => h(Theme, { key }))));
      await shows("dark;".repeat(20));
      expect(server.requests).toEqual(["GET /auth/metadata"]);
      expect(complaints).toEqual([]);
    });

    test("a change is shown at once, sent once, and then confirmed", async () => {
      await render(provided([h(Theme, { key: 1 }), h(Save, { key: 2, theme: "dark" })]));
      await shows("none;save");
      let pass = (): void => undefined;
      server.between = script("PATCH", (_request, _response, next) => {
        pass = next;
      });
      await click("save");
      expect(text()).toBe("dark saving;save");
      await vi.waitFor(() => expect(requests("PATCH")).toBe(1));
      pass();
      await shows("dark;save");
      expect([requests("PATCH"), (await views()).unsafeMetadata]).toEqual([1, { theme: "dark" }]);
    });

    test("a change that fails is taken back, and says why", async () => {
      await server.metadata.updateUserMetadata("jane", { unsafeMetadata: { theme: "light" } });
      await render(provided([h(Theme, { key: 1 }), h(Save, { key: 2, theme: "dark" })]));
      await shows("light;save");
      server.between = script("PATCH", refuse(422, "schema_mismatch"));
      await click("save");
      await shows("light schema_mismatch;save");
      await click("save");
      await shows("dark;save");
    });

    test("nobody signed in is shown, and a sign-in after a load", async () => {
      token = null;
      await render(provided(h(Theme)));
      await shows("signed out;");
      token = await server.metadata.issueToken("jane");
      await act(async () => void (await client.load()));
      await shows("none;");
    });

    test("a failed load says why, and can be repeated", async () => {
      server.between = script("GET", refuse(500, "internal_error"));
      await render(provided(h(Theme)));
      await shows("loading internal_error;");
      await act(async () => void (await client.load()));
      await shows("none;");
    });

    test.each([
      { what: "something is stored", isStored: true },
      { what: "nothing is stored", isStored: false },
    ])("renders nothing anew if nothing has changed, $what", async ({ isStored }) => {
      const seen: unknown[] = [];
      if (isStored) await server.metadata.updateUserMetadata("jane", { unsafeMetadata: { a: 1 } });
      const see = h(See, { seen: (...each) => void seen.push(each) });
      await render(h(UserMetadataProvider, { client }, see));
      await waitFor(() => expect(client.getSnapshot().isLoaded).toBe(true));
      const before = seen.length;
      await act(async () => void (await client.load()));
      expect([requests("GET"), seen.length]).toEqual([2, before]);
    });

    test("outside of the provider, says what is missing", async () => {
      const onError = vi.fn();
      vi.stubGlobal("reportError", onError);
      window.addEventListener("error", (event) => event.preventDefault());
      await expect(render(h(Theme))).rejects.toThrow("Put <UserMetadataProvider client={client}> around");
    });
  });

  describe("with Suspense", () => {
    test("waits at the boundary, with one request", async () => {
      await server.metadata.updateUserMetadata("jane", { unsafeMetadata: { theme: "dark" } });
      const waiting = h(
        Suspense,
        { fallback: "wait" },
        h(Theme, { suspense: true }),
        h(Theme, { suspense: true }),
      );
      await render(provided(waiting));
      await shows("dark;dark;");
      expect(requests("GET")).toBe(1);
    });

    test("a failed load is the error boundary's", async () => {
      window.addEventListener("error", (event) => event.preventDefault());
      server.between = refuse(500, "internal_error");
      const theme = h(Suspense, { fallback: "wait" }, h(Theme, { suspense: true }));
      await render(provided(h(Boundary, null, theme)));
      await shows("internal_error");
    });
  });

  describe("on a server", () => {
    const renderOnServer = (node: ReactNode): string => {
      const { window } = globalThis;
      vi.stubGlobal("window", undefined);
      try {
        return fixture.renderToString(node);
      } finally {
        vi.stubGlobal("window", window);
      }
    };
    const hydrate = async (html: string, node: ReactNode): Promise<Root> => {
      page().innerHTML = html;
      let root: Root | undefined;
      const onRecoverableError = (error: unknown): void => void complaints.push([error]);
      await act(async () => {
        root = fixture.hydrateRoot(page(), node, { onRecoverableError });
      });
      return finish(root as Root);
    };

    test("renders what it is given, keeps nothing of it, and the browser begins there and asks for nothing", async () => {
      await server.metadata.updateUserMetadata("jane", {
        privateMetadata: { secret: "marker" },
        unsafeMetadata: { theme: "dark" },
      });
      const node = provided(h(Theme), await views());
      const html = renderOnServer(node);
      expect(html).toContain("dark;");
      expect(client.getSnapshot()).toMatchObject({ isLoaded: false, userId: undefined });
      await hydrate(html, node);
      expect(text()).toBe("dark;");
      expect([server.requests, complaints]).toEqual([[], []]);
    });

    test("with Suspense too, and without what it needs it renders that it loads", async () => {
      const suspended = h(Suspense, { fallback: "wait" }, h(Theme, { suspense: true }));
      expect(renderOnServer(provided(suspended, await views()))).toContain("none;");
      const node = provided(suspended);
      const html = renderOnServer(node);
      expect(html).toContain("loading ;");
      await hydrate(html, node);
      await shows("none;");
      expect([requests("GET"), complaints]).toEqual([1, []]);
    });

    test("one request of a server shows nothing of another's", async () => {
      await server.metadata.updateUserMetadata("jane", { unsafeMetadata: { theme: "dark" } });
      expect(renderOnServer(provided(h(Theme), await views()))).toContain("dark;");
      expect(renderOnServer(provided(h(Theme), null))).toContain("signed out;");
      expect(renderOnServer(provided(h(Theme)))).toContain("loading ;");
    });

    test("what it renders later is taken over, and nothing older", async () => {
      const old = await views();
      const root = await render(provided(h(Theme), null));
      expect(text()).toBe("signed out;");
      await act(async () => root.render(provided(h(Theme), old)));
      expect(text()).toBe("none;");
      await act(async () => void (await client.update({ theme: "dark" })));
      await act(async () => root.render(provided(h(Theme), { ...old })));
      expect(text()).toBe("dark;");
      await act(async () => root.render(provided(h(Theme), null)));
      expect(text()).toBe("signed out;");
      expect([requests("GET"), complaints]).toEqual([0, []]);
    });
  });

  describe("useUser, in the shape of Clerk's", () => {
    test("goes from not loaded over a user to nobody, and updates and reloads", async () => {
      await server.metadata.updateUserMetadata("jane", {
        publicMetadata: { plan: "free" },
        unsafeMetadata: { theme: "light", size: { px: 1 } },
      });
      const seen: UseUser[] = [];
      await render(h(UserMetadataProvider, { client }, h(See, { seen: (user) => void seen.push(user) })));
      expect(seen[0]).toEqual({ isLoaded: false, isSignedIn: undefined, user: undefined });
      await waitFor(() => expect(seen.at(-1)?.isSignedIn).toBe(true));
      const { user } = seen.at(-1) ?? {};
      expect(user).toMatchObject({
        id: "jane",
        publicMetadata: { plan: "free" },
        unsafeMetadata: { theme: "light", size: { px: 1 } },
        createdAt: expect.any(Date),
        updatedAt: expect.any(Date),
      });
      const updated = await act(
        () => user?.update({ unsafeMetadata: { theme: null, size: { em: 2 } } }) ?? Promise.reject(),
      );
      expect(updated.unsafeMetadata).toEqual({ size: { px: 1, em: 2 } });
      expect(seen.at(-1)?.user?.unsafeMetadata).toEqual(updated.unsafeMetadata);
      await server.metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" } });
      const reloaded = await act(() => user?.reload() ?? Promise.reject());
      expect(reloaded.publicMetadata).toEqual({ plan: "pro" });
      token = null;
      await act(async () => void (await client.load()));
      expect(seen.at(-1)).toEqual({ isLoaded: true, isSignedIn: false, user: null });
    });
  });
};
