// An unmodified supertokens-golang of any version, in a process of its own: its metadata calls and its sessions, each
// held against what SuperTokens documents. It prints the calls that held, as JSON.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/supertokens/supertokens-golang/recipe/session"
	sessionerrors "github.com/supertokens/supertokens-golang/recipe/session/errors"
	"github.com/supertokens/supertokens-golang/recipe/session/sessmodels"
	"github.com/supertokens/supertokens-golang/recipe/usermetadata"
	"github.com/supertokens/supertokens-golang/supertokens"
)

type object = map[string]interface{}

var held []string

func check(ok bool, what ...interface{}) {
	if !ok {
		panic(fmt.Sprint(what...))
	}
}

func must[T any](value T, err error) T {
	check(err == nil, err)
	return value
}

func metadataCalls(userID string) {
	get := func() object { return must(usermetadata.GetUserMetadata(userID)) }
	update := func(change object) object { return must(usermetadata.UpdateUserMetadata(userID, change)) }

	check(len(get()) == 0, get())
	held = append(held, "GetUserMetadata")

	update(object{"a": object{"x": 1.0}, "notifications": object{"email": true}, "todos": []string{"one"}})
	merged := update(object{"notifications": object{"sms": true}, "todos": nil})
	check(reflect.DeepEqual(merged, object{"a": object{"x": 1.0}, "notifications": object{"sms": true}}), merged)
	check(reflect.DeepEqual(get(), merged), get())
	held = append(held, "UpdateUserMetadata")

	err := usermetadata.ClearUserMetadata(userID)
	check(err == nil, err)
	check(len(get()) == 0, get())
	held = append(held, "ClearUserMetadata")

	expected := object{}
	var all sync.WaitGroup
	for index := 0; index < 50; index++ {
		key := fmt.Sprint("key", index)
		expected[key] = float64(index)
		change := object{key: index}
		all.Add(1)
		go func() {
			defer all.Done()
			update(change)
		}()
	}
	all.Wait()
	check(reflect.DeepEqual(get(), expected), get())
	held = append(held, "parallel updates")
}

func sessionCalls(userID string) {
	no := false
	begin := func() sessmodels.SessionContainer {
		payload := object{"role": "x"}
		return must(session.CreateNewSessionWithoutRequestResponse("public", userID, payload, object{}, &no))
	}
	begun := begin()
	tokens := begun.GetAllSessionTokensDangerously()
	check(begun.GetUserID() == userID, begun.GetUserID())
	check(begun.GetAccessTokenPayload()["role"] == "x", begun.GetAccessTokenPayload())
	held = append(held, "CreateNewSession")

	found := must(session.GetSessionWithoutRequestResponse(tokens.AccessToken, tokens.AntiCsrfToken, nil))
	check(found.GetHandle() == begun.GetHandle(), found.GetHandle())
	yes := true
	asked := &sessmodels.VerifySessionOptions{CheckDatabase: &yes}
	checked := must(session.GetSessionWithoutRequestResponse(tokens.AccessToken, tokens.AntiCsrfToken, asked))
	check(checked.GetUserID() == userID, checked.GetUserID())
	held = append(held, "GetSession")

	err := begun.MergeIntoAccessTokenPayload(object{"plan": "pro"})
	check(err == nil, err)
	check(begun.GetAccessTokenPayload()["plan"] == "pro", begun.GetAccessTokenPayload())
	held = append(held, "MergeIntoAccessTokenPayload")

	refresh := func() (sessmodels.SessionContainer, error) {
		return session.RefreshSessionWithoutRequestResponse(*tokens.RefreshToken, &no, tokens.AntiCsrfToken)
	}
	refreshed := must(refresh())
	check(refreshed.GetHandle() == begun.GetHandle(), refreshed.GetHandle())
	next := refreshed.GetAllSessionTokensDangerously()
	check(*next.RefreshToken != *tokens.RefreshToken, "the refresh token is the same")
	must(session.GetSessionWithoutRequestResponse(next.AccessToken, next.AntiCsrfToken, nil))
	// The token that was spent is used again after its successor: the session was stolen.
	_, err = refresh()
	check(errors.As(err, &sessionerrors.TokenTheftDetectedError{}), err)
	held = append(held, "RefreshSession")

	handle := begin().GetHandle()
	check(slices.Contains(must(session.GetAllSessionHandlesForUser(userID, nil)), handle), "no handle")
	check(slices.Contains(must(session.RevokeAllSessionsForUser(userID, nil)), handle), "not revoked")
	check(must(session.GetSessionInformation(handle)) == nil, "still there")
	held = append(held, "RevokeAllSessionsForUser")

	seconds := uint64(60)
	created := must(session.CreateJWT(object{"role": "x"}, &seconds, nil))
	check(created.OK != nil && len(strings.Split(created.OK.Jwt, ".")) == 3, "no JWT")
	held = append(held, "CreateJWT")
}

func main() {
	no := false
	antiCsrf := "VIA_TOKEN"
	err := supertokens.Init(supertokens.TypeInput{
		Supertokens: &supertokens.ConnectionInfo{
			ConnectionURI: os.Getenv("CONNECTION_URI"),
			APIKey:        os.Getenv("API_KEY"),
		},
		AppInfo:    supertokens.AppInfo{AppName: "test", APIDomain: "http://localhost", WebsiteDomain: "http://localhost"},
		RecipeList: []supertokens.Recipe{usermetadata.Init(nil), session.Init(&sessmodels.TypeInput{AntiCsrf: &antiCsrf})},
		Telemetry:  &no,
	})
	check(err == nil, err)
	userID := "user of " + os.Getenv("SDK")
	if os.Getenv("SESSIONS") == "1" {
		userID += ", with sessions"
	}
	metadataCalls(userID)
	if os.Getenv("SESSIONS") == "1" {
		sessionCalls(userID)
	}
	check(json.NewEncoder(os.Stdout).Encode(held) == nil)
}
