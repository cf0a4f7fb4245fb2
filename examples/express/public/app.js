import { call, decodeClaims, Refusal } from "./api.js";

const $ = (id) => document.getElementById(id);
const pretty = (value) => JSON.stringify(value, null, 2);
const SHOWN_MS = 6000;
const TOKEN = "usermeta-example-token";

let token = null;
let claims = null;
/** What the server told last. */
let stored = null;
/** What the text in the editor began as: its version is the condition under which it may be saved. */
let base = null;
let busy = false;
/** What had the focus when the last action began: it gets the focus back from a notice that goes. */
let origin = null;
let hideTimer = 0;

const isEdited = () => base !== null && $("unsafe-text").value !== pretty(base.unsafeMetadata);

// Telling

const tell = (text) => {
  $("status").textContent = text;
  $("status").hidden = text === "";
  clearTimeout(hideTimer);
  if (text !== "") hideTimer = setTimeout(tell, SHOWN_MS, "");
};

const complain = (text, actions = []) => {
  $("problem-text").textContent = text;
  $("problem-actions").replaceChildren(
    ...[...actions, CLOSE].map(([label, action]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", async () => {
        await run(action);
        // The button itself is gone by now.
        if (document.activeElement === document.body) (origin ?? $("public-title")).focus();
      });
      return button;
    }),
  );
  $("problem").hidden = text === "";
};

const markField = (text) => {
  $("unsafe-error").textContent = text;
  $("unsafe-error").hidden = text === "";
  if (text === "") $("unsafe-text").removeAttribute("aria-invalid");
  else $("unsafe-text").setAttribute("aria-invalid", "true");
};

const toComplaint = (error) => {
  if (!(error instanceof Refusal)) return [`Something unforeseen failed: ${error.message}`];
  if (error.code === "version_mismatch") return [CONFLICT, CONFLICT_ACTIONS];
  if (error.code === "token_invalid")
    return [`${error.message} (The server forgets its keys when it restarts.)`, RENEWAL];
  if (error.status === 401) return [error.message, RENEWAL];
  return stored === null && token !== null ? [error.message, RETRY] : [error.message];
};

/** One thing at a time: what is clicked meanwhile is ignored. */
const run = async (action) => {
  if (busy) return;
  busy = true;
  const { activeElement } = document;
  if (activeElement !== document.body && !$("problem").contains(activeElement)) origin = activeElement;
  document.body.setAttribute("aria-busy", "true");
  // A fresh announcement, also where the text is the same as before.
  tell("");
  complain("");
  try {
    await action();
  } catch (error) {
    tell("");
    complain(...toComplaint(error));
  } finally {
    busy = false;
    document.body.removeAttribute("aria-busy");
  }
};

// Showing

const showSession = () => {
  const signedIn = token !== null;
  $("signed-out").hidden = signedIn;
  $("signed-in").hidden = !signedIn || stored === null;
  $("who").hidden = !signedIn;
  $("user-id").textContent = claims?.sub ?? "";
  $("token-claims").textContent = signedIn ? pretty(claims) : "";
  showTokenState();
};

const showTokenState = () => {
  if (claims === null) return;
  const seconds = Math.max(0, Math.ceil(claims.exp - Date.now() / 1000));
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  $("token-lifetime").textContent = seconds > 0 ? `${minutes} min ${rest} s left` : "expired";
  $("token-lifetime").dataset.tone = seconds > 0 ? "good" : "bad";
  const isStale = stored !== null && stored.version !== claims.metadataVersion;
  $("token-stale").textContent = isStale ? "older than your metadata: refresh it" : "up to date";
  $("token-stale").dataset.tone = isStale ? "warn" : "good";
  $("token-stale").hidden = stored === null;
};

const showEditorState = () => {
  const version = base.version === 0 ? "Nothing stored yet" : `Version ${base.version}`;
  $("unsafe-state").textContent = `${version} · ${isEdited() ? "not saved yet" : "as stored"}`;
};

const load = (view) => {
  base = view;
  $("unsafe-text").value = pretty(view.unsafeMetadata);
  markField("");
};

/** Shows an answer. Text that is being edited stays, and what it may overwrite stays what its writer has seen. */
const show = (view, { keepText = isEdited() } = {}) => {
  stored = view;
  $("signed-in").hidden = false;
  $("public").textContent = pretty(view.publicMetadata);
  if (!keepText) load(view);
  else if (pretty(view.unsafeMetadata) === pretty(base.unsafeMetadata)) base = view;
  showEditorState();
  showTokenState();
};

const element = (name, text, className = "") => {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
};

/** `/unsafeMetadata/theme` as a person reads it. */
const placeOf = (pointer) => {
  const [part, ...keys] = pointer.slice(1).split("/");
  const names = keys.map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return [part.replace("Metadata", ""), ...names].join(" › ");
};

const short = (value) => {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

const toChange = ({ op, path, value, was }) => {
  const line = element("li", "");
  line.append(element("code", placeOf(path)), " ");
  if (was !== undefined) line.append(element("del", short(was)), " ");
  if (op !== "remove") line.append(element("ins", short(value)));
  return line;
};

const toEntry = ({ at, by, reason, changes }) => {
  const item = element("li", "");
  const head = element("p", "", "entry");
  head.append(element("strong", by === "user" ? "You" : "The server"));
  const time = element("time", new Date(at).toLocaleString());
  time.dateTime = new Date(at).toISOString();
  head.append(" · ", time);
  if (reason) head.append(" · ", reason);
  const list = element("ul", "");
  list.append(...changes.map(toChange));
  item.append(head, list);
  return item;
};

const showHistory = async () => {
  const { entries } = await call("GET", "/metadata/history?limit=10", { token });
  $("history").replaceChildren(...entries.map(toEntry));
  $("history-empty").hidden = entries.length > 0;
};

// Doing

const keepToken = (next) => {
  token = next;
  claims = next === null ? null : decodeClaims(next);
  if (next === null) sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, next);
  showSession();
};

const signIn = async (userId) => {
  const answer = await call("POST", "/dev/sign-in", { body: JSON.stringify({ userId }) });
  keepToken(answer.token);
};

const readToken = () => {
  const kept = sessionStorage.getItem(TOKEN);
  try {
    return decodeClaims(kept) && kept;
  } catch {
    return null;
  }
};

const read = async () => {
  await showHistory();
  return call("GET", "/metadata", { token });
};

const enter = async () => {
  await signIn($("sign-in-id").value);
  show(await read(), { keepText: false });
  tell(`Signed in as ${claims.sub}.`);
  $("public-title").focus();
};

/** Goes on with the session of before the page was loaded again. */
const resume = async () => {
  keepToken(readToken());
  if (token === null) return;
  tell("Loading your metadata …");
  show(await read());
  tell("");
};

const leave = async () => {
  stored = null;
  base = null;
  keepToken(null);
  tell("Signed out.");
  $("sign-in-id").focus();
};

const renew = async () => {
  await signIn(claims.sub);
  show(await read());
  tell("You have a fresh token.");
};

/** The editor's text, refused here already where it is no JSON object. */
const readEditor = () => {
  const text = $("unsafe-text").value;
  try {
    const value = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new Error("it must be an object");
  } catch (error) {
    const message = `This is no JSON object yet: ${error.message}. Nothing was sent.`;
    markField(message);
    $("unsafe-text").focus();
    return undefined;
  }
  markField("");
  return text;
};

const write = async (method, done) => {
  const body = readEditor();
  if (body === undefined) return;
  // The text as it was typed: parsed and printed again, a large number would no longer be what was meant.
  const view = await call(method, "/metadata", { token, body, headers: { "if-match": `"${base.version}"` } });
  base = view;
  show(view, { keepText: $("unsafe-text").value !== body });
  await showHistory();
  tell(done);
};

const save = () => write("PUT", "Saved.");
const merge = () => write("PATCH", "Merged. The text is what is stored now.");

const reload = async () => {
  show(await read(), { keepText: false });
  tell("Loaded what is stored.");
};

const saveOverIt = async () => {
  base = await read();
  await save();
};

const sendBirthday = async () => {
  const body = JSON.stringify({ birthday: $("birthday-value").value });
  await call("POST", "/birthday", { token, body });
  show(await read());
  tell("The app has written it to your public metadata. Refresh the token to see it there.");
};

const CLOSE = ["Close", async () => {}];
const CONFLICT =
  "Somebody else has written since you loaded this, maybe you in another tab. Nothing was overwritten, and your text is still here.";
const CONFLICT_ACTIONS = [
  ["Load what is stored, drop my text", reload],
  ["Save my text over it", saveOverIt],
];
const RENEWAL = [["Refresh token", renew]];

const RETRY = [["Try again", resume]];

const onSubmit = (id, action) =>
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    run(action);
  });

onSubmit("sign-in", enter);
onSubmit("birthday", sendBirthday);
onSubmit("unsafe", save);
$("merge").addEventListener("click", () => run(merge));
$("reload").addEventListener("click", () => run(reload));
$("refresh").addEventListener("click", () => run(renew));
$("sign-out").addEventListener("click", () => run(leave));
$("unsafe-text").addEventListener("input", () => {
  markField("");
  showEditorState();
});
setInterval(showTokenState, 1000);

await run(resume);
