"""Every store keeps the same promises about switches, admins of pages and galleries."""

from __future__ import annotations

from bot.core.ports import Store
from bot.core.records import Server
from bot.core.switches import PageAdmin, Switch
from tests.unit.bot.store.books import SERVER


async def test_what_is_off_stays_off_until_it_is_turned_on(store: Store) -> None:
    for kind, subject in (("all", ""), ("server", SERVER), ("model", "acme-2")):
        await store.switch_off(Switch(kind=kind, subject=subject, actor="web:op", reason="r"))  # type: ignore[arg-type]
    await store.switch_off(Switch(kind="all", actor="web:op", reason="again"))
    off = {(one.kind, one.subject): one for one in await store.switches()}
    assert set(off) == {("all", ""), ("server", SERVER), ("model", "acme-2")}
    assert off["all", ""].reason == "again" and off["all", ""].at_ms > 0
    assert await store.switch_on("all", "", actor="web:op")
    assert not await store.switch_on("all", "", actor="web:op")
    assert len(await store.switches()) == 2
    actions = [entry["action"] for entry in await store.admin_log(SERVER, limit=5)]
    assert actions == ["switch_off"]
    assert [entry["action"] for entry in await store.admin_log("", limit=9)].count("switch_on") == 1


async def test_admin_pages_are_opened_and_closed_by_server(store: Store) -> None:
    for server in (SERVER, "telegram:1"):
        await store.add_page_admin(PageAdmin(name="maria", server=server, actor="web:op"))
        await store.add_page_admin(PageAdmin(name="maria", server=server, actor="web:op"))
    assert await store.page_admin_of("maria") == (SERVER, "telegram:1")
    assert await store.page_admin_of("eve") == ()
    assert await store.drop_page_admin("maria", SERVER, actor="web:op")
    assert not await store.drop_page_admin("maria", SERVER, actor="web:op")
    assert [one.server for one in await store.page_admins()] == ["telegram:1"]


async def test_a_gallery_is_a_setting_among_the_others_of_a_server(store: Store) -> None:
    await store.save_server(Server(id=SERVER, name="Nine", settings={"default_model": "acme-2"}))
    await store.show_gallery(SERVER, open_to_all=True, actor="web:op")
    server = await store.server(SERVER)
    assert server.name == "Nine" and server.settings == {"default_model": "acme-2", "gallery": True}
    await store.show_gallery(SERVER, open_to_all=False, actor="web:op")
    assert (await store.server(SERVER)).settings["gallery"] is False


async def test_a_clip_is_kept_out_of_the_gallery_and_let_in_again(store: Store) -> None:
    for _ in range(2):
        await store.withhold("j1", hidden=True)
    assert await store.withheld("j1") and not await store.withheld("j2")
    await store.withhold("j1", hidden=False)
    assert not await store.withheld("j1")
