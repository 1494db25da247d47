"""The command line: `talkreel demo · run · generate · models · audit · doctor · servers`.

Only reads arguments; everything heavy is imported after they are known to be right, so that `--help`
answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bot import __version__


def parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    top = argparse.ArgumentParser(
        prog="talkreel", description="AI video with sound, for Discord and Telegram communities."
    )
    top.add_argument("--version", action="version", version=f"talkreel {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _demo(commands.add_parser("demo", help="open the chat page on this machine, with the built-in renderer"))
    _run(commands.add_parser("run", help="serve the web page and every chat whose token is set"))
    _generate(commands.add_parser("generate", help="make one clip and save it"))
    models = commands.add_parser("models", help="list the models, or show one")
    models.add_argument("model", nargs="?", help="show this model in detail")
    commands.add_parser("audit", help="prove that the books are right; prints vendor cost against budget")
    doctor = commands.add_parser("doctor", help="check settings, keys, database, disk, codecs and voices")
    doctor.add_argument(
        "--live", metavar="MODEL", help="make one smallest real call to this model; says its price and asks"
    )
    doctor.add_argument("--yes", action="store_true", help="agree to that price without being asked")
    servers = commands.add_parser("servers", help="allot credits to servers")
    verbs = servers.add_subparsers(dest="verb", metavar="VERB", required=True)
    allow = verbs.add_parser("allow", help="let a server spend credits on paid models")
    allow.add_argument("server", metavar="ID", help="platform:id of the server or group, or `direct`")
    allow.add_argument("--credits", required=True, metavar="N", help="credits in each period; 0 = none")
    allow.add_argument("--per", default="month", choices=("day", "week", "month"), help="default: month")
    return top


def _generate(generate: argparse.ArgumentParser) -> None:
    generate.add_argument(
        "prompt", metavar="PROMPT", nargs="?", help='what to show; quoted words are spoken: She says: "…"'
    )
    for name, metavar, text in (
        ("model", "NAME", "a model of `talkreel models`; default: chosen by what the prompt asks for"),
        ("seconds", "N", "length of the clip"),
        ("aspect", "W:H", "16:9, 9:16, 1:1 …"),
        ("resolution", "R", "480p, 720p, 1080p …"),
        ("sound", "on|off", "default: on"),
        ("negative", "TEXT", "what to keep out"),
        ("seed", "N", "repeats a clip where the model can"),
        ("shots", "TEXT", 'several shots: "3s: she opens the door | 4s: rain"'),
        ("image", "FILE", "becomes the first frame or the backdrop"),
        ("last-image", "FILE", "becomes the last frame"),
        ("video", "FILE", "a clip to edit or go on from"),
        ("audio", "FILE", "a voice note or any other recording"),
        ("audio-as", "HOW", "what the recording is for: reference, voice, dialogue or soundtrack"),
        ("words", "TEXT", "with --audio-as dialogue: say this instead of what is heard"),
    ):
        generate.add_argument(f"--{name}", metavar=metavar, help=text)
    generate.add_argument(
        "--reference", metavar="FILE", action="append", help="an image, audio or video to draw on"
    )
    generate.add_argument("--out", metavar="FILE", default="clip.mp4", help="default: clip.mp4")
    generate.add_argument("--yes", action="store_true", help="agree to the price without being asked")


def _demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--host", metavar="H", help="listen on this address; default: TALKREEL_HTTP_HOST")
    demo.add_argument(
        "--port", metavar="N", type=port, help="default: TALKREEL_HTTP_PORT, or a free one if that is taken"
    )
    demo.add_argument("--paid", action="store_true", help="offer the paid models too")
    demo.add_argument("--no-browser", action="store_true", help="print the address, open nothing")


def _run(run: argparse.ArgumentParser) -> None:
    run.add_argument("--host", metavar="H", help="listen on this address; default: TALKREEL_HTTP_HOST")
    run.add_argument("--port", metavar="N", type=port, help="default: TALKREEL_HTTP_PORT")


def port(text: str) -> int:
    """A port number; 0 = any free one.

    Raises:
        ValueError: it is none.
    """
    number = int(text)
    if not 0 <= number <= 65_535:
        raise ValueError(text)
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    known = parser().parse_args(arguments)
    try:
        from bot.cli import run

        return run(known)
    except KeyboardInterrupt:
        return 130  # while it was still loading: nothing was begun


if __name__ == "__main__":
    sys.exit(main())
