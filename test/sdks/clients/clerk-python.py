"""An unmodified clerk-backend-api of any version, in a process of its own: what it does with users and their metadata,
held against what Clerk documents, by its calls that wait and by those of asyncio. It prints the calls that held, as
JSON."""

import asyncio
import json
import os

from clerk_backend_api import Clerk, models

clerk = Clerk(bearer_auth=os.environ["API_KEY"], server_url=f"{os.environ['CONNECTION_URI']}/v1")
held = []


async def call(way, name, **named):
    if way == "sync":
        return await asyncio.to_thread(getattr(clerk.users, name), **named)
    return await getattr(clerk.users, f"{name}_async")(**named)


async def main(way):
    user_id = f"user_of_{way}_{os.environ['SDK']}"

    async def expect_not_found():
        """What the SDK makes of an answer of 404: its own error."""
        try:
            await call(way, "get", user_id=user_id)
        except models.ClerkErrors as error:
            assert error.status_code == 404
            assert error.data.errors[0].code == "resource_not_found"
        else:
            raise AssertionError("the user was found")

    async def update(**tiers):
        return await call(way, "update_metadata", user_id=user_id, **tiers)

    def hold(name):
        held.append(f"{way}: {name}")

    await expect_not_found()
    hold("a 404 is the SDK's own error")

    await update(
        public_metadata={"plan": {"name": "pro", "seats": 3}, "tags": ["a", "b"]},
        private_metadata={"stripeId": "cus_1"},
        unsafe_metadata={"theme": "dark"},
    )
    user = await update(public_metadata={"plan": {"seats": None, "trial": True}, "tags": ["c"]})
    assert user.public_metadata == {"plan": {"name": "pro", "trial": True}, "tags": ["c"]}
    hold("update_metadata")

    user = await call(way, "get", user_id=user_id)
    assert (user.id, user.private_metadata, user.unsafe_metadata) == (user_id, {"stripeId": "cus_1"}, {"theme": "dark"})
    assert user.public_metadata == {"plan": {"name": "pro", "trial": True}, "tags": ["c"]}
    hold("get")

    user = await call(way, "replace_metadata", user_id=user_id, public_metadata={"plan": "free"})
    assert (user.public_metadata, user.unsafe_metadata) == ({"plan": "free"}, {"theme": "dark"})
    hold("replace_metadata")

    # It sends defaults of its own beside.
    user = await call(way, "update", user_id=user_id, external_id="crm-1", first_name="Ada")
    assert (user.external_id, user.first_name, user.private_metadata) == ("crm-1", "Ada", {"stripeId": "cus_1"})
    hold("update")

    users = await call(way, "list", request={"user_id": [user_id, "user_nobody"], "order_by": "-created_at"})
    assert [each.id for each in users] == [user_id]
    hold("list")

    count = await call(way, "count", request={"user_id": [user_id, "user_nobody"]})
    assert count.total_count == 1
    hold("count")

    await asyncio.gather(*(update(private_metadata={f"key{index}": index}) for index in range(50)))
    user = await call(way, "get", user_id=user_id)
    assert user.private_metadata == {"stripeId": "cus_1", **{f"key{index}": index for index in range(50)}}
    hold("parallel updates")

    deleted = await call(way, "delete", user_id=user_id)
    assert (deleted.id, deleted.deleted) == (user_id, True)
    await expect_not_found()
    hold("delete")


async def both():
    for way in ("async", "sync"):
        await main(way)


asyncio.run(both())
print(json.dumps(held))
