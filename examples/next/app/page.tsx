import { getSession } from "@usermeta/next";
import { metadata } from "../lib/metadata.ts";
import { saveTheme, signIn } from "./actions.ts";
import { BirthdayForm } from "./birthday-form.tsx";
import { Providers } from "./providers.tsx";
import { Shown } from "./shown.tsx";
import { SignInButton } from "./sign-in-button.tsx";

export default async function Page() {
  const session = await getSession(metadata);
  const user = session && (await metadata.getUserMetadata(session.getUserId()));
  // All that a client component is given goes to the browser; the private tier is not in it.
  return (
    <Providers initial={user ? { ...user } : null}>
      {user ? <SignedIn id={user.userId} /> : <SignIn />}
    </Providers>
  );
}

const SignIn = () => (
  <main>
    <form action={signIn} className="card">
      <h1>Sign in</h1>
      <p className="soft">For development only: there is no password. Whoever you say you are, you are.</p>
      <label htmlFor="user-id">User id</label>
      <input
        id="user-id"
        name="userId"
        defaultValue="jane"
        required
        maxLength={128}
        autoComplete="username"
      />
      <SignInButton />
    </form>
  </main>
);

const SignedIn = ({ id }: { id: string }) => (
  <main>
    <h1>{id}</h1>
    <BirthdayForm />
    <form action={saveTheme} className="card" aria-labelledby="theme-title">
      <h2 id="theme-title">Theme</h2>
      <p className="soft">A server action saves it; the page follows.</p>
      <div className="row">
        <button type="submit" name="theme" value="dark">
          Dark
        </button>
        <button type="submit" name="theme" value="light">
          Light
        </button>
      </div>
    </form>
    <section className="card" aria-labelledby="shown-title">
      <h2 id="shown-title">As it is shown now</h2>
      <Shown />
    </section>
  </main>
);
