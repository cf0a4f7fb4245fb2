import { getSession } from "@usermeta/next";
import { metadata } from "../lib/metadata.ts";
import { saveTheme, signIn } from "./actions.ts";
import { Shown } from "./shown.tsx";

export default async function Page() {
  const session = await getSession(metadata);
  if (!session) {
    return (
      <form action={signIn}>
        <input name="userId" defaultValue="jane" aria-label="User id" />{" "}
        <button type="submit">Sign in</button>
      </form>
    );
  }
  const user = await metadata.getUserMetadata(session.getUserId());
  return (
    <main>
      <h1>{user.userId}</h1>
      <Shown metadata={{ ...user }} />
      <form action={saveTheme}>
        <button type="submit" name="theme" value="dark">
          Dark
        </button>
        <button type="submit" name="theme" value="light">
          Light
        </button>
      </form>
    </main>
  );
}
