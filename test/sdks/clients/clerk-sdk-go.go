// An unmodified clerk-sdk-go, in a process of its own: what it does with users and their metadata, held against what Clerk
// documents. It prints the calls that held, as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sync"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

var (
	held    []string
	ctx     = context.Background()
	userID  = "user_of_go_" + os.Getenv("SDK")
	filters = &user.ListParams{UserIDs: []string{userID, "user_nobody"}, OrderBy: clerk.String("-created_at")}
)

func check(ok bool, what ...interface{}) {
	if !ok {
		panic(fmt.Sprint(what...))
	}
}

func must[T any](value T, err error) T {
	check(err == nil, err)
	return value
}

// What the SDK makes of an answer of 404: its own error.
func expectNotFound() {
	_, err := user.Get(ctx, userID)
	var failure *clerk.APIErrorResponse
	check(errors.As(err, &failure), err)
	check(failure.HTTPStatusCode == 404 && failure.Errors[0].Code == "resource_not_found", err)
}

func expectJSON(actual json.RawMessage, expected string) {
	var one, other interface{}
	check(json.Unmarshal(actual, &one) == nil && json.Unmarshal([]byte(expected), &other) == nil)
	check(reflect.DeepEqual(one, other), string(actual))
}

func raw(text string) *json.RawMessage { return clerk.JSONRawMessage(json.RawMessage(text)) }

func update(params user.UpdateMetadataParams) *clerk.User {
	return must(user.UpdateMetadata(ctx, userID, &params))
}

func updateInParallel() {
	expected := map[string]interface{}{"stripeId": "cus_1"}
	var all sync.WaitGroup
	for index := 0; index < 50; index++ {
		key := fmt.Sprint("key", index)
		expected[key] = index
		change := raw(fmt.Sprintf(`{%q:%d}`, key, index))
		all.Add(1)
		go func() {
			defer all.Done()
			update(user.UpdateMetadataParams{PrivateMetadata: change})
		}()
	}
	all.Wait()
	expectJSON(must(user.Get(ctx, userID)).PrivateMetadata, string(must(json.Marshal(expected))))
}

func main() {
	url := os.Getenv("CONNECTION_URI") + "/v1"
	key := os.Getenv("API_KEY")
	clerk.SetBackend(clerk.NewBackend(&clerk.BackendConfig{URL: &url, Key: &key}))

	expectNotFound()
	held = append(held, "a 404 is the SDK's own error")

	update(user.UpdateMetadataParams{
		PublicMetadata:  raw(`{"plan":{"name":"pro","seats":3},"tags":["a","b"]}`),
		PrivateMetadata: raw(`{"stripeId":"cus_1"}`),
		UnsafeMetadata:  raw(`{"theme":"dark"}`),
	})
	merged := update(user.UpdateMetadataParams{PublicMetadata: raw(`{"plan":{"seats":null,"trial":true},"tags":["c"]}`)})
	expectJSON(merged.PublicMetadata, `{"plan":{"name":"pro","trial":true},"tags":["c"]}`)
	held = append(held, "UpdateMetadata")

	found := must(user.Get(ctx, userID))
	check(found.ID == userID, found.ID)
	expectJSON(found.PublicMetadata, `{"plan":{"name":"pro","trial":true},"tags":["c"]}`)
	expectJSON(found.PrivateMetadata, `{"stripeId":"cus_1"}`)
	expectJSON(found.UnsafeMetadata, `{"theme":"dark"}`)
	held = append(held, "Get")

	updated := must(user.Update(ctx, userID, &user.UpdateParams{ExternalID: clerk.String("crm-1")}))
	check(updated.ExternalID != nil && *updated.ExternalID == "crm-1")
	// Parameters that are nil become a body of null.
	expectJSON(must(user.Update(ctx, userID, nil)).PrivateMetadata, `{"stripeId":"cus_1"}`)
	held = append(held, "Update")

	list := must(user.List(ctx, filters))
	check(list.TotalCount == 1 && len(list.Users) == 1 && list.Users[0].ID == userID, list.TotalCount)
	held = append(held, "List")

	check(must(user.Count(ctx, filters)).TotalCount == 1)
	held = append(held, "Count")

	updateInParallel()
	held = append(held, "parallel updates")

	deleted := must(user.Delete(ctx, userID))
	check(deleted.ID == userID && deleted.Deleted, deleted.ID)
	expectNotFound()
	held = append(held, "Delete")

	check(json.NewEncoder(os.Stdout).Encode(held) == nil)
}
