// An unmodified com.clerk:backend-api, in a process of its own: what it does with users and their metadata, held against
// what Clerk documents. It prints the calls that held, as JSON.
import com.clerk.backend_api.Users;
import com.clerk.backend_api.models.components.User;
import com.clerk.backend_api.models.errors.ClerkErrors;
import com.clerk.backend_api.models.operations.GetUserListRequest;
import com.clerk.backend_api.models.operations.GetUsersCountRequest;
import com.clerk.backend_api.models.operations.ReplaceUserMetadataRequestBody;
import com.clerk.backend_api.models.operations.UpdateUserMetadataRequestBody;
import com.clerk.backend_api.models.operations.UpdateUserRequestBody;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

class Main {
  static final String USER_ID = "user_of_java_" + System.getenv("SDK");
  static final List<String> WANTED = List.of(USER_ID, "user_nobody");
  static final List<String> held = new ArrayList<>();
  static Users users;

  static void check(boolean ok, Object what) {
    if (!ok) throw new AssertionError(what);
  }

  static void expect(Object actual, Object expected) {
    check(actual.equals(expected), actual + ", not " + expected);
  }

  static User get() {
    return users.get(USER_ID).user().orElseThrow();
  }

  static User update(UpdateUserMetadataRequestBody body) {
    return users.updateMetadata().userId(USER_ID).requestBody(body).call().user().orElseThrow();
  }

  /** What the SDK makes of an answer of 404: its own error. */
  static void expectNotFound() {
    try {
      users.get(USER_ID);
    } catch (ClerkErrors failure) {
      expect(failure.code(), 404);
      expect(failure.errors().orElseThrow().get(0).code(), "resource_not_found");
      return;
    }
    throw new AssertionError("the user was found");
  }

  static void metadata() {
    Map<String, Object> removed = new HashMap<>();
    removed.put("seats", null);
    removed.put("trial", true);
    update(
        UpdateUserMetadataRequestBody.builder()
            .publicMetadata(Map.of("plan", Map.of("name", "pro", "seats", 3), "tags", List.of("a", "b")))
            .privateMetadata(Map.of("stripeId", "cus_1"))
            .unsafeMetadata(Map.of("theme", "dark"))
            .build());
    Map<String, Object> merge = Map.of("plan", removed, "tags", List.of("c"));
    User merged = update(UpdateUserMetadataRequestBody.builder().publicMetadata(merge).build());
    Map<String, Object> expected = Map.of("plan", Map.of("name", "pro", "trial", true), "tags", List.of("c"));
    expect(merged.publicMetadata(), expected);
    held.add("updateMetadata");

    User found = get();
    expect(found.id(), USER_ID);
    expect(found.publicMetadata(), expected);
    expect(found.privateMetadata().get(), Map.of("stripeId", "cus_1"));
    expect(found.unsafeMetadata().orElseThrow(), Map.of("theme", "dark"));
    held.add("get");

    var body = ReplaceUserMetadataRequestBody.builder().publicMetadata(Map.of("plan", "free")).build();
    User replaced = users.replaceMetadata().userId(USER_ID).requestBody(body).call().user().orElseThrow();
    expect(replaced.publicMetadata(), Map.of("plan", "free"));
    expect(replaced.unsafeMetadata().orElseThrow(), Map.of("theme", "dark"));
    held.add("replaceMetadata");

    // It sends defaults of its own beside.
    var named = UpdateUserRequestBody.builder().externalId("crm-1").firstName("Ada").build();
    User updated = users.update().userId(USER_ID).requestBody(named).call().user().orElseThrow();
    expect(List.of(updated.externalId().get(), updated.firstName().get()), List.of("crm-1", "Ada"));
    expect(updated.privateMetadata().get(), Map.of("stripeId", "cus_1"));
    held.add("update");
  }

  static void lists() {
    var listed = users.list(GetUserListRequest.builder().userId(WANTED).orderBy("-created_at").build());
    expect(listed.userList().orElseThrow().stream().map(User::id).toList(), List.of(USER_ID));
    held.add("list");
    var counted = users.count(GetUsersCountRequest.builder().userId(WANTED).build());
    expect(counted.totalCount().orElseThrow().totalCount(), 1L);
    held.add("count");
  }

  static void parallelUpdates() {
    Map<String, Object> expected = new HashMap<>(Map.of("stripeId", "cus_1"));
    IntStream.range(0, 50).forEach(index -> expected.put("key" + index, index));
    IntStream.range(0, 50)
        .parallel()
        .mapToObj(index -> Map.<String, Object>of("key" + index, index))
        .forEach(change -> update(UpdateUserMetadataRequestBody.builder().privateMetadata(change).build()));
    expect(get().privateMetadata().get(), expected);
    held.add("parallel updates");
  }

  public static void main(String[] args) {
    users =
        com.clerk.backend_api.Clerk.builder()
            .serverURL(System.getenv("CONNECTION_URI") + "/v1")
            .bearerAuth(System.getenv("API_KEY"))
            .build()
            .users();
    expectNotFound();
    held.add("a 404 is the SDK's own error");
    metadata();
    lists();
    parallelUpdates();
    expect(users.delete(USER_ID).deletedObject().orElseThrow().deleted(), true);
    expectNotFound();
    held.add("delete");
    System.out.println("[\"" + String.join("\", \"", held) + "\"]");
  }
}
