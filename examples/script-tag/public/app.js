/* global usermeta */
const post = async (path, body) => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}.`);
  await answer.text();
};

// The session is a cookie that this page cannot read, so there is no getToken.
const client = usermeta.createUserMetadataClient({ baseUrl: "/", refreshToken: () => post("/dev/token") });

const $ = (id) => document.getElementById(id);
const FIELDS = [$("birthday"), $("motto")];
const CONFLICT = "It was changed elsewhere meanwhile, so nothing was removed. This is what is there now.";
let signedIn;
let told = "";

const showFields = (unsafeMetadata) => {
  // What was typed and is not saved yet stays.
  for (const field of FIELDS) if (!field.dataset.edited) field.value = unsafeMetadata[field.name] ?? "";
};

const show = () => {
  const { isLoaded, isSignedIn, isSaving, userId, publicMetadata, unsafeMetadata, error } =
    client.getSnapshot();
  $("loading").hidden = isLoaded || Boolean(error);
  $("sign-in").hidden = isSignedIn !== false;
  $("form").hidden = !isSignedIn;
  $("who").hidden = !isSignedIn;
  $("user-id").textContent = userId ?? "";
  showFields(unsafeMetadata);
  $("shown").textContent = JSON.stringify({ publicMetadata, unsafeMetadata }, null, 2);
  $("status").textContent = isSaving ? "Saving …" : told;
  $("problem").textContent = error?.code === "version_mismatch" ? CONFLICT : (error?.message ?? "");
  // Whoever signs in or out by keyboard goes on from the top of what is new.
  if (signedIn !== undefined && signedIn !== isSignedIn) $("title").focus();
  signedIn = isSignedIn;
};

const run = async (action, success = "") => {
  told = "";
  try {
    await action();
    told = success;
    show();
  } catch (error) {
    // The client's own errors are in its snapshot, and shown with it.
    if (!usermeta.MetadataClientError.is(error)) $("problem").textContent = error.message;
  }
};

const forgetEdits = () => {
  for (const field of FIELDS) delete field.dataset.edited;
};

const save = async () => {
  const edited = FIELDS.filter(({ dataset }) => dataset.edited);
  // What was emptied is removed; what was not touched stays what others make of it.
  await client.update(Object.fromEntries(edited.map(({ name, value }) => [name, value || null])));
  forgetEdits();
};

const clear = async () => {
  await client.replace({});
  forgetEdits();
};

const signIn = async () => {
  await post("/dev/sign-in", { userId: $("sign-in-id").value });
  forgetEdits();
  await client.load();
};

const signOut = async () => {
  await post("/dev/sign-out");
  client.reset();
  await client.load();
};

const onSubmit = (form, action, success) =>
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(action, success);
  });

for (const field of FIELDS) field.addEventListener("input", () => (field.dataset.edited = "yes"));
onSubmit($("sign-in"), signIn);
onSubmit($("form"), save, "Saved.");
$("clear").addEventListener("click", () => run(clear, "Everything is removed."));
$("reload").addEventListener("click", () => run(() => client.load()));
$("sign-out").addEventListener("click", () => run(signOut));

client.subscribe(show);
show();
run(() => client.load());
