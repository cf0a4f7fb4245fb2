"""An unmodified supertokens-python of any version, in a process of its own: its metadata calls and its sessions, each
held against what SuperTokens documents, by asyncio and by syncio. It prints the calls that held, as JSON."""

import asyncio
import json
import os
from importlib import import_module

from supertokens_python import InputAppInfo, SupertokensConfig, init
from supertokens_python.recipe import session, usermetadata
from supertokens_python.recipe.session.exceptions import TokenTheftError
from supertokens_python.types import RecipeUserId

SESSIONS = os.environ.get("SESSIONS") == "1"
held = []


class Api:
    """The calls of one way. Those of syncio run in threads, as in a server of Flask or Django."""

    def __init__(self, way):
        self.way = way
        self.metadata = import_module(f"supertokens_python.recipe.usermetadata.{way}")
        self.session = import_module(f"supertokens_python.recipe.session.{way}")

    async def call(self, function, *args, **named):
        if self.way == "syncio":
            return await asyncio.to_thread(function, *args, **named)
        return await function(*args, **named)

    async def merge(self, begun, payload):
        prefix = "sync_" if self.way == "syncio" else ""
        await self.call(getattr(begun, f"{prefix}merge_into_access_token_payload"), payload)


async def metadata_calls(api, user_id):
    async def get():
        return (await api.call(api.metadata.get_user_metadata, user_id)).metadata

    async def update(change):
        return (await api.call(api.metadata.update_user_metadata, user_id, change)).metadata

    assert await get() == {}
    held.append(f"{api.way}: get_user_metadata")

    await update({"a": {"x": 1}, "notifications": {"email": True}, "todos": ["one"]})
    merged = await update({"notifications": {"sms": True}, "todos": None})
    assert merged == {"a": {"x": 1}, "notifications": {"sms": True}}, merged
    assert await get() == merged
    held.append(f"{api.way}: update_user_metadata")

    await api.call(api.metadata.clear_user_metadata, user_id)
    assert await get() == {}
    held.append(f"{api.way}: clear_user_metadata")

    await asyncio.gather(*(update({f"key{index}": index}) for index in range(50)))
    assert await get() == {f"key{index}": index for index in range(50)}
    held.append(f"{api.way}: parallel updates")


async def session_calls(api, user_id):
    sdk = api.session

    async def begin():
        create = sdk.create_new_session_without_request_response
        return await api.call(create, "public", RecipeUserId(user_id), {"role": "x"})

    async def get(access, csrf, **options):
        return await api.call(sdk.get_session_without_request_response, access, csrf, **options)

    async def refresh(token, csrf):
        return await api.call(sdk.refresh_session_without_request_response, token, False, csrf)

    begun = await begin()
    tokens = begun.get_all_session_tokens_dangerously()
    access, spent, csrf = tokens["accessToken"], tokens["refreshToken"], tokens["antiCsrfToken"]
    assert begun.get_user_id() == user_id
    assert begun.get_access_token_payload()["role"] == "x"
    held.append(f"{api.way}: create_new_session")

    found = await get(access, csrf)
    assert found.get_handle() == begun.get_handle()
    assert (await get(access, csrf, check_database=True)).get_user_id() == user_id
    held.append(f"{api.way}: get_session")

    await api.merge(begun, {"plan": "pro"})
    assert begun.get_access_token_payload()["plan"] == "pro"
    held.append(f"{api.way}: merge_into_access_token_payload")

    refreshed = await refresh(spent, csrf)
    assert refreshed.get_handle() == begun.get_handle()
    new = refreshed.get_all_session_tokens_dangerously()
    assert new["refreshToken"] != spent
    await get(new["accessToken"], new["antiCsrfToken"])
    # The token that was spent is used again after its successor: the session was stolen.
    try:
        await refresh(spent, csrf)
        raise AssertionError("the theft was not detected")
    except TokenTheftError as theft:
        assert theft.user_id == user_id
    held.append(f"{api.way}: refresh_session")

    handle = (await begin()).get_handle()
    assert handle in await api.call(sdk.get_all_session_handles_for_user, user_id)
    assert handle in await api.call(sdk.revoke_all_sessions_for_user, user_id)
    assert await api.call(sdk.get_session_information, handle) is None
    held.append(f"{api.way}: revoke_all_sessions_for_user")


async def main():
    for calls in (metadata_calls, session_calls) if SESSIONS else (metadata_calls,):
        for way in ("asyncio", "syncio"):
            await calls(Api(way), f"{way} user of {os.environ['CONNECTION_URI']}, {os.environ['SDK']}")


init(
    app_info=InputAppInfo(app_name="test", api_domain="http://localhost", website_domain="http://localhost"),
    supertokens_config=SupertokensConfig(os.environ["CONNECTION_URI"], os.environ["API_KEY"]),
    framework="django",
    mode="asgi",
    recipe_list=[usermetadata.init(), session.init(anti_csrf="VIA_TOKEN")],
    telemetry=False,
)
asyncio.run(main())
print(json.dumps(held))
