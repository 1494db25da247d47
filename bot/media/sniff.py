"""What a file is, judged by its first bytes, and how large its picture says it is.

Reads headers only and decodes nothing, so that a bomb is recognised before any decoder sees it. Names and
types that came with the file are not looked at.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from bot.media import boxes, ebml

_HEAD_BYTES = 4096


@dataclass(frozen=True, kw_only=True)
class Sniffed:
    """What the headers say; only the type is certain.

    Attributes:
        kind: what the file holds.
        mime, container: its type and our short name for it.
        demuxer: FFmpeg's name of the only format it may be read as; "" for pictures.
        width, height: of the largest picture in it as coded, 0 if the headers do not say.
        faststart: the index lies before the media data, so that it plays while it loads.
        turned: players show the picture on its side.
        whole: false if the headers announce more bytes than there are.
    """

    kind: Literal["image", "audio", "video"]
    mime: str
    container: str
    demuxer: str = ""
    width: int = 0
    height: int = 0
    faststart: bool = False
    whole: bool = True
    turned: bool = False


def sniff(path: Path) -> Sniffed | None:
    """Recognise a file; None if it is none of the types that the bot knows.

    Raises:
        ValueError: a known type, but its headers are broken.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        return _picture(file, head) or _clip(file, head, size) or _recording(file, head)


def _picture(file: BinaryIO, head: bytes) -> Sniffed | None:
    def found(name: str, width: int, height: int) -> Sniffed:
        return Sniffed(kind="image", mime=f"image/{name}", container=name, width=width, height=height)

    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        return found("png", *struct.unpack(">II", head[16:24]))
    if head.startswith(b"\xff\xd8\xff"):
        return found("jpeg", *_jpeg_size(file))
    if head[:6] in {b"GIF87a", b"GIF89a"} and len(head) >= 10:
        return found("gif", *struct.unpack("<HH", head[6:10]))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return found("webp", *_webp_size(head))
    return None


def _jpeg_size(file: BinaryIO) -> tuple[int, int]:
    """Width and height from the frame header."""
    file.seek(2)
    for _ in range(1000):
        marker = file.read(4)
        if len(marker) < 4 or marker[0] != 0xFF:
            break
        length = int.from_bytes(marker[2:4], "big")
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">xHH", file.read(5).ljust(5, b"\0"))
            return width, height
        file.seek(max(length, 2) - 2, 1)
    raise ValueError("a JPEG without a frame header")


def _webp_size(head: bytes) -> tuple[int, int]:
    kind, data = head[12:16], head[20:34]
    if kind == b"VP8X" and len(data) >= 10:
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if kind == b"VP8L" and len(data) >= 5:
        bits = int.from_bytes(data[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("a WebP without a size")


def _clip(file: BinaryIO, head: bytes, size: int) -> Sniffed | None:
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"avif", b"avis", b"msf1"}:
            return None
        film = boxes.read(file, size)
        name = "mov" if film.brand == b"qt  " else "mp4"
        video = film.has_picture
        return Sniffed(
            kind="video" if video else "audio",
            mime=("video/quicktime" if name == "mov" else "video/mp4") if video else "audio/mp4",
            container=name,
            demuxer="mov",
            width=film.width,
            height=film.height,
            faststart=film.faststart,
            whole=film.whole,
            turned=film.turned,
        )
    if head.startswith(b"\x1aE\xdf\xa3"):
        file.seek(0)
        matroska = ebml.read(file)
        name = "webm" if matroska.doc_type == "webm" else "matroska"
        kind: Literal["audio", "video"] = "video" if matroska.has_picture else "audio"
        mime = f"{kind}/webm" if name == "webm" else f"{kind}/x-matroska"
        return Sniffed(
            kind=kind, mime=mime, container=name, demuxer="matroska",
            width=matroska.width, height=matroska.height,
        )  # fmt: skip
    return None


def _recording(file: BinaryIO, head: bytes) -> Sniffed | None:
    def found(name: str, mime: str) -> Sniffed:
        return Sniffed(kind="audio", mime=mime, container=name, demuxer=name)

    if head.startswith(b"OggS"):
        known = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
        if b"\x80theora" in head or not any(name in head for name in known):
            return None
        return found("ogg", "audio/ogg")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return found("wav", "audio/wav")
    if head.startswith(b"fLaC"):
        return found("flac", "audio/flac")
    if head.startswith(b"ID3") and len(head) >= 10:
        skip = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
        file.seek(skip)
        head = file.read(_HEAD_BYTES)
        if head.startswith(b"fLaC"):
            return found("flac", "audio/flac")
        head = head.lstrip(b"\0")  # some writers pad the tag
    if _starts_with_frames(head, _mp3_frame_bytes):
        return found("mp3", "audio/mpeg")
    if _starts_with_frames(head, _adts_frame_bytes):
        return found("aac", "audio/aac")
    return None


def _starts_with_frames(data: bytes, length_of: Callable[[bytes], int]) -> bool:
    """Whether frames follow one another: one sync word alone can be anything."""
    at = 0
    for count in range(3):
        length = length_of(data[at : at + 8])
        if not length:
            return False
        at += length
        if at + 8 > len(data):
            return count > 0 or at >= len(data)
    return True


def _mp3_frame_bytes(head: bytes) -> int:
    """Length of the MPEG audio frame (layer II or III) that starts here; 0 if none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer, rate, speed = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer not in {1, 2} or rate in {0, 15} or speed == 3:
        return 0
    first = version == 3
    if layer == 1:
        table = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320) if first else None
    else:
        table = (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384) if first else None
    kilobits = (table or (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160))[rate - 1]
    hertz = (44_100, 48_000, 32_000)[speed] >> {3: 0, 2: 1, 0: 2}[version]
    samples = 1152 if first or layer == 2 else 576
    return samples // 8 * kilobits * 1000 // hertz + (head[2] >> 1 & 1)


def _adts_frame_bytes(head: bytes) -> int:
    """Length of the ADTS frame that starts here; 0 if none does."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
