const TOKEN = "usermeta-example-token";

/** The token of whoever is signed in. Every script of the page can read it; a cookie would be out of their reach. */
export const readToken = (): string | null => sessionStorage.getItem(TOKEN);

const ask = async (path: string, init: RequestInit): Promise<void> => {
  const answer = await fetch(path, { method: "POST", ...init });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  const { token } = (await answer.json()) as { token: string };
  sessionStorage.setItem(TOKEN, token);
};

/** Signs in as anyone, for development. */
export const signIn = (userId: string): Promise<void> =>
  ask("/dev/sign-in", { headers: { "content-type": "application/json" }, body: JSON.stringify({ userId }) });

/** Signs out. */
export const signOut = (): void => sessionStorage.removeItem(TOKEN);

/** Gets a token that says what the metadata are now. */
export const refreshToken = (): Promise<void> =>
  ask("/dev/token", { headers: { authorization: `Bearer ${readToken()}` } });
