"""Adapters are loaded when they are needed, with their own keys, and let go at the end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from providers.base import ProviderConfig
from providers.catalogue import Catalogue, CatalogueError, PollPace, Provider, load
from providers.errors import MissingKey, Unsupported
from providers.registry import Registry

HERE = "tests.unit.providers.test_registry"
PACE = PollPace(first_seconds=1, every_seconds=1, deadline_seconds=9)
closed: list[str] = []


class Plain:
    """An adapter that holds nothing."""

    def __init__(self, config: ProviderConfig) -> None:
        self.id = config.id
        self.config = config


class Holding(Plain):
    """An adapter with something to close."""

    async def close(self) -> None:
        closed.append(self.id)


class Stubborn(Plain):
    """An adapter that cannot be closed."""

    async def close(self) -> None:
        raise RuntimeError("no")


def provider(identity: str, adapter: str = "Plain", **facts: object) -> Provider:
    dotted = f"{HERE}:{adapter}" if adapter and ":" not in adapter else adapter
    return Provider(id=identity, name=identity, adapter=dotted, poll=PACE, **facts)  # type: ignore[arg-type]


def registry(keys: Mapping[str, str], *providers: Provider) -> Registry:
    def config(entry: Provider) -> ProviderConfig:
        return ProviderConfig(id=entry.id, base_url=entry.base_url, keys=keys, work_dir=Path("x"))

    return Registry(Catalogue(providers={p.id: p for p in providers}, by_id={}), config)


def test_an_adapter_is_built_once_with_its_own_configuration() -> None:
    adapters = registry({"ACME_KEY": "k"}, provider("acme", env=("ACME_KEY",), base_url="https://a.example"))
    adapter = adapters.get("acme")
    assert isinstance(adapter, Plain)
    assert (adapter.config.base_url, adapter.config.keys) == ("https://a.example", {"ACME_KEY": "k"})
    assert adapters.get("acme") is adapter


def test_a_missing_key_is_named() -> None:
    adapters = registry({"A": "1", "B": ""}, provider("acme", env=("A", "B")))
    assert (adapters.has_key("acme"), adapters.missing_env("acme")) == (False, ("B",))
    with pytest.raises(MissingKey) as caught:
        adapters.get("acme")
    assert caught.value.env == ("B",)


def test_another_complete_set_of_keys_serves_instead() -> None:
    entry = provider("acme", env=("API_KEY",), env_alternatives=(("ACCESS", "SECRET"),))
    assert registry({"ACCESS": "a", "SECRET": "s"}, entry).has_key("acme")
    assert registry({"API_KEY": "a"}, entry).has_key("acme")
    assert registry({"ACCESS": "a"}, entry).missing_env("acme") == ("API_KEY",)


def test_a_provider_that_needs_no_key_always_has_it() -> None:
    assert registry({}, provider("animatic")).has_key("animatic")
    assert not registry({}).has_key("nobody")


def test_a_provider_whose_models_are_gone_is_not_listed_and_cannot_be_used() -> None:
    adapters = registry({}, provider("dead", adapter=""), provider("alive"))
    assert adapters.ids() == ("alive",)
    with pytest.raises(Unsupported):
        adapters.get("dead")
    with pytest.raises(Unsupported):
        adapters.get("nobody")


@pytest.mark.parametrize("adapter", ["nowhere.at.all:X", f"{HERE}:Nobody", f"{HERE}:HERE"])
def test_a_dotted_name_that_leads_nowhere_names_the_provider(adapter: str) -> None:
    with pytest.raises(CatalogueError, match="acme"):
        registry({}, provider("acme", adapter)).get("acme")


async def test_closing_lets_go_of_all_even_if_one_refuses() -> None:
    closed.clear()
    adapters = registry({}, provider("a", "Stubborn"), provider("b", "Holding"), provider("c"))
    for identity in adapters.ids():
        adapters.get(identity)
    with pytest.raises(ExceptionGroup):
        await adapters.close()
    assert closed == ["b"]
    await adapters.close()
    assert closed == ["b"]


def test_every_shipped_provider_with_living_models_has_an_adapter_that_can_be_built(tmp_path: Path) -> None:
    catalogue = load()
    keys = {name: "k" for p in catalogue.providers.values() for name in p.env}

    def config(entry: Provider) -> ProviderConfig:
        return ProviderConfig(id=entry.id, base_url=entry.base_url, keys=keys, work_dir=tmp_path)

    adapters = Registry(catalogue, config)
    assert "animatic" in adapters.ids() and "openai-sora" not in adapters.ids()
    for identity in adapters.ids():
        assert adapters.get(identity).id == identity
