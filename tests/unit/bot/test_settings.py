"""What an operator meets who writes settings: defaults, both places, plain refusals."""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.desk import House
from bot.core.errors import BadSettings
from bot.settings import Settings, read_settings, vendor_keys


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as caught:
        read_settings()
    return str(caught.value)


def test_without_any_settings_the_designed_defaults_hold() -> None:
    settings = read_settings()
    assert settings.budget_usd_day == Decimal("5")
    assert settings.budget_usd_month == Decimal("50")
    assert settings.operators == ()
    assert settings.media_workers >= 1
    assert settings.data_dir.name == "talkreel"


def test_settings_and_rules_agree_on_their_defaults() -> None:
    settings, house = read_settings(), House()
    same = {
        "credit_usd", "markup", "confirm_above", "free_clips_per_day", "jobs_at_once", "pause_after",
        "pause_hours", "keep_days", "max_upload_bytes",
    }  # fmt: skip
    assert {name: getattr(settings, name) for name in same} == {name: getattr(house, name) for name in same}


@pytest.mark.skipif(sys.platform != "linux", reason="the folder of another platform")
def test_the_data_folder_follows_the_desktops_rule(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert read_settings().data_dir == tmp_path / "share" / "talkreel"


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("TALKREEL_KEEP_DAYS=7\nTALKREEL_LANGUAGE=es\nACME_API_KEY=from-file\n", "utf-8")
    monkeypatch.setenv("TALKREEL_KEEP_DAYS", "9")
    settings = read_settings()
    assert (settings.keep_days, settings.language) == (9, "es")
    assert vendor_keys(["ACME_API_KEY"])["ACME_API_KEY"].get_secret_value() == "from-file"
    monkeypatch.setenv("ACME_API_KEY", "from-environment")
    assert vendor_keys(["ACME_API_KEY"])["ACME_API_KEY"].get_secret_value() == "from-environment"


def test_an_empty_or_absent_vendor_key_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", " ")
    assert vendor_keys(["ACME_API_KEY", "OTHER_KEY"]) == {}


def test_a_vendor_key_does_not_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "very-secret")
    assert "very-secret" not in repr(vendor_keys(["ACME_API_KEY"]))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TALKREEL_BUDGET_USD_DAY", "five", "a number from 0 to 1000000"),
        ("TALKREEL_BUDGET_USD_DAY", "nan", "a number from 0 to 1000000"),
        ("TALKREEL_BUDGET_USD_MONTH", "-1", "a number from 0 to 10000000"),
        ("TALKREEL_MARKUP", "0", "a number above 0, at most 1000"),
        ("TALKREEL_JOBS_AT_ONCE", "1.5", "a whole number from 1 to 1000"),
        ("TALKREEL_LANGUAGE", "klingon", "one of en, es"),
        ("TALKREEL_HTTP_PORT", "65536", "a whole number from 0 to 65535"),
        ("TALKREEL_HTTP_HOST", "http://x", "a host name or an address"),
        ("TALKREEL_PUBLIC_URL", "clips.example", "an address that begins with http"),
        ("TALKREEL_PUBLIC_URL", "https://clips.example/path", "an address that begins with http"),
        ("TALKREEL_TRUSTED_PROXIES", "10.0.0.0/8, proxy", "addresses or networks"),
        ("TALKREEL_OPERATORS", "fred", "`platform:id` separated by commas"),
        ("TALKREEL_PROVIDERS__ACME__BASE_URL", "acme.example", "an address that begins with http"),
        ("TALKREEL_PROVIDERS__ACME__CONCURRENT", "0", "a whole number from 1 to 1000"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    message = refusal(monkeypatch, **{name: value})
    assert message.startswith(f"{name} must be ")
    assert said in message
    assert "\n" not in message and "pydantic" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TALKREEL_PROVIDERS", "junk"),
        ("TALKREEL_PROVIDERS__ACME", "junk"),
        ("TALKREEL_PROVIDERS__ACME__BASEURL", "https://acme.example"),
    ],
)
def test_a_provider_setting_that_does_not_exist_says_which_do(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert "one of BASE_URL, CONCURRENT, OPTIONS" in refusal(monkeypatch, **{name: value})


def test_a_refusal_never_repeats_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hunter2" not in refusal(monkeypatch, TALKREEL_PROVIDERS__ACME__BASE_URL="hunter2")


def test_a_misspelt_setting_is_refused_and_the_right_name_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, TALKREEL_BUGET_USD_DAY="1")
    assert "TALKREEL_BUGET_USD_DAY" in message and "Did you mean TALKREEL_BUDGET_USD_DAY?" in message


def test_a_misspelt_setting_in_the_file_is_refused_too() -> None:
    Path(".env").write_text("TALKREEL_OPERATOR=discord:1\n", "utf-8")
    with pytest.raises(BadSettings, match="TALKREEL_OPERATORS"):
        read_settings()


def test_a_file_that_is_no_text_is_refused() -> None:
    Path(".env").write_bytes(b"TALKREEL_LANGUAGE=\xff\xfe\n")
    with pytest.raises(BadSettings, match="UTF-8"):
        read_settings()


def test_operators_are_separated_by_commas_or_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKREEL_OPERATORS", "discord:42, telegram:7")
    assert read_settings().operators == ("discord:42", "telegram:7")


def test_the_secret_key_does_not_show_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKREEL_SECRET_KEY", "very-secret")
    assert "very-secret" not in repr(read_settings())


def test_provider_settings_go_by_the_catalogues_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKREEL_PROVIDERS__GOOGLE_VEO__BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("TALKREEL_PROVIDERS__GOOGLE_VEO__OPTIONS__region", "eu")
    one = read_settings().providers["google-veo"]
    assert one.base_url == "http://127.0.0.1:1"
    assert {key.lower(): value for key, value in one.options.items()} == {"region": "eu"}


def test_empty_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKREEL_DATA_DIR", "")
    assert read_settings().data_dir.name == "talkreel"


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings().keep_days = 1


def test_every_setting_can_be_set_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = read_settings()
    for name in Settings.model_fields:
        value = getattr(defaults, name)
        text = ",".join(value) if isinstance(value, tuple) else "" if value in (None, {}) else str(value)
        monkeypatch.setenv(f"TALKREEL_{name.upper()}", text)
    assert os.environ["TALKREEL_KEEP_DAYS"] == "30"
    assert read_settings() == defaults
