"""Provider id → adapter, imported by its dotted name on first use and kept until the end.

Contract of an adapter class: it is called with one `ProviderConfig` and nothing else; it does no
I/O while it is built; a wire adapter makes its client with `providers.http.client(config)` and lets
go of it in `close`. Nobody else imports adapters. This module reads no environment: the keys come
with the configuration.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from providers.base import Adapter, AdapterFactory, CanClose, ProviderConfig
from providers.catalogue import Catalogue, CatalogueError, Provider
from providers.errors import MissingKey, Unsupported


class Registry:
    """The adapters of one running program."""

    def __init__(self, catalogue: Catalogue, make_config: Callable[[Provider], ProviderConfig]) -> None:
        """Remember how to build; nothing is imported yet.

        Args:
            catalogue: says which providers there are and where their adapters live.
            make_config: address, keys and folder for one provider; asked once, as they are needed.
        """
        self._catalogue = catalogue
        self._make_config = make_config
        self._configs: dict[str, ProviderConfig] = {}
        self._adapters: dict[str, Adapter] = {}

    def ids(self) -> tuple[str, ...]:
        """Providers that have an adapter, with or without a key, in the order of their ids."""
        return tuple(sorted(p.id for p in self._catalogue.providers.values() if p.adapter))

    def get(self, provider: str) -> Adapter:
        """The adapter of a provider, the same one each time.

        Raises:
            MissingKey: its environment variables are not set; the error names them.
            Unsupported: no such provider, or it has no adapter any more.
            CatalogueError: the dotted name in its file leads nowhere.
        """
        if provider in self._adapters:
            return self._adapters[provider]
        entry = self._catalogue.providers.get(provider)
        if entry is None or not entry.adapter:
            raise Unsupported(f"{provider} cannot be used", provider=provider)
        missing = self.missing_env(provider)
        if missing:
            raise MissingKey(f"{' and '.join(missing)} must be set", provider=provider, env=missing)
        adapter = _factory(entry)(self._config(entry))
        self._adapters[provider] = adapter
        return adapter

    def has_key(self, provider: str) -> bool:
        """Whether all it needs is set; true for those that need nothing, false for unknown ones."""
        return provider in self._catalogue.providers and not self.missing_env(provider)

    def missing_env(self, provider: str) -> tuple[str, ...]:
        """The variables that are not set; empty where one complete set of them is.

        Raises:
            CatalogueError: no such provider.
        """
        entry = self._catalogue.provider(provider)
        keys = self._config(entry).keys
        sets = [names for names in (entry.env, *entry.env_alternatives) if names]
        lacking = [tuple(name for name in names if not keys.get(name)) for names in sets]
        if not lacking or () in lacking:
            return ()
        return min(lacking, key=len)

    def _config(self, entry: Provider) -> ProviderConfig:
        config = self._configs.get(entry.id)
        if config is None:
            config = self._configs[entry.id] = self._make_config(entry)
        return config

    async def close(self) -> None:
        """Let all adapters go that hold something; one that fails does not keep the others.

        Raises:
            ExceptionGroup: what went wrong in those that failed.
        """
        failures: list[Exception] = []
        adapters, self._adapters = self._adapters, {}
        for adapter in adapters.values():
            if isinstance(adapter, CanClose):
                try:
                    await adapter.close()
                except Exception as error:
                    failures.append(error)
        if failures:
            raise ExceptionGroup("some providers could not be closed", failures)


def _factory(provider: Provider) -> AdapterFactory:
    module, _, name = provider.adapter.partition(":")
    try:
        factory = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise CatalogueError(
            f"{provider.id}: the adapter {provider.adapter} is not there: {error}"
        ) from error
    if not callable(factory):
        raise CatalogueError(f"{provider.id}: {provider.adapter} is not a class")
    made: AdapterFactory = factory
    return made
