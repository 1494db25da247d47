"""The nodes that the fake ComfyUI has, and how the server checks a graph before it takes it.

Inputs and types as in the node's own code and the official templates (2026-10-26); answers as recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tests.fakes.studio import Refusal

CHECKPOINTS = ("ltx-2.3-22b-dev-fp8.safetensors",)
LORAS = ("ltx_2.3_22b_distilled_1.1_lora_dynamic_fro09_avg_rank_111_bf16.safetensors",)
ENCODERS = ("gemma_3_12B_it_fp4_mixed.safetensors",)
UPSCALERS = ("ltx-2.3-spatial-upscaler-x2-1.1.safetensors",)
Kind = str | tuple[str, ...]
# Class → inputs by type (a list of values, a plain type, or what another node hands over), and outputs.
NODES: Mapping[str, tuple[Mapping[str, Kind], tuple[str, ...]]] = {
    "CheckpointLoaderSimple": ({"ckpt_name": CHECKPOINTS}, ("MODEL", "CLIP", "VAE")),
    "LTXAVTextEncoderLoader": (
        {"text_encoder": ENCODERS, "ckpt_name": CHECKPOINTS, "device": ("default", "cpu")},
        ("CLIP",),
    ),
    "LTXVAudioVAELoader": ({"ckpt_name": CHECKPOINTS}, ("AUDIO_VAE",)),
    "LoraLoaderModelOnly": ({"model": "MODEL", "lora_name": LORAS, "strength_model": "FLOAT"}, ("MODEL",)),
    "LatentUpscaleModelLoader": ({"model_name": UPSCALERS}, ("UPSCALER",)),
    "CLIPTextEncode": ({"clip": "CLIP", "text": "STRING"}, ("CONDITIONING",)),
    "LTXVConditioning": (
        {"positive": "CONDITIONING", "negative": "CONDITIONING", "frame_rate": "FLOAT"},
        ("CONDITIONING", "CONDITIONING"),
    ),
    "EmptyLTXVLatentVideo": (
        {"width": "INT", "height": "INT", "length": "INT", "batch_size": "INT"},
        ("LATENT",),
    ),
    "LTXVEmptyLatentAudio": (
        {"audio_vae": "AUDIO_VAE", "frames_number": "INT", "frame_rate": "INT", "batch_size": "INT"},
        ("LATENT",),
    ),
    "LTXVConcatAVLatent": ({"video_latent": "LATENT", "audio_latent": "LATENT"}, ("LATENT",)),
    "LTXVSeparateAVLatent": ({"av_latent": "LATENT"}, ("LATENT", "LATENT")),
    "LTXVLatentUpsampler": ({"samples": "LATENT", "upscale_model": "UPSCALER", "vae": "VAE"}, ("LATENT",)),
    "LTXVCropGuides": (
        {"positive": "CONDITIONING", "negative": "CONDITIONING", "latent": "LATENT"},
        ("CONDITIONING", "CONDITIONING", "LATENT"),
    ),
    "LTXVImgToVideoInplace": (
        {"vae": "VAE", "image": "IMAGE", "latent": "LATENT", "strength": "FLOAT", "bypass": "BOOLEAN"},
        ("LATENT",),
    ),
    "LTXVPreprocess": ({"image": "IMAGE", "img_compression": "INT"}, ("IMAGE",)),
    "LTXVAudioVAEEncode": ({"audio": "AUDIO", "audio_vae": "AUDIO_VAE"}, ("LATENT",)),
    "LTXVAudioVAEDecode": ({"samples": "LATENT", "audio_vae": "AUDIO_VAE"}, ("AUDIO",)),
    "SetLatentNoiseMask": ({"samples": "LATENT", "mask": "MASK"}, ("LATENT",)),
    "SolidMask": ({"value": "FLOAT", "width": "INT", "height": "INT"}, ("MASK",)),
    "TrimAudioDuration": ({"audio": "AUDIO", "start_index": "FLOAT", "duration": "FLOAT"}, ("AUDIO",)),
    "LoadImage": ({"image": "UPLOAD"}, ("IMAGE", "MASK")),
    "LoadAudio": ({"audio": "UPLOAD"}, ("AUDIO",)),
    "ImageScale": (
        {
            "image": "IMAGE",
            "upscale_method": ("nearest-exact", "bilinear", "area", "bicubic", "lanczos"),
            "width": "INT",
            "height": "INT",
            "crop": ("disabled", "center"),
        },
        ("IMAGE",),
    ),
    "RandomNoise": ({"noise_seed": "INT"}, ("NOISE",)),
    "CFGGuider": (
        {"model": "MODEL", "positive": "CONDITIONING", "negative": "CONDITIONING", "cfg": "FLOAT"},
        ("GUIDER",),
    ),
    "KSamplerSelect": ({"sampler_name": ("euler", "res_2s")}, ("SAMPLER",)),
    "ManualSigmas": ({"sigmas": "STRING"}, ("SIGMAS",)),
    "SamplerCustomAdvanced": (
        {
            "noise": "NOISE",
            "guider": "GUIDER",
            "sampler": "SAMPLER",
            "sigmas": "SIGMAS",
            "latent_image": "LATENT",
        },
        ("LATENT", "LATENT"),
    ),
    "VAEDecodeTiled": (
        {
            "samples": "LATENT",
            "vae": "VAE",
            "tile_size": "INT",
            "overlap": "INT",
            "temporal_size": "INT",
            "temporal_overlap": "INT",
        },
        ("IMAGE",),
    ),
    "PrimitiveStringMultiline": ({"value": "STRING"}, ("STRING",)),
    "EmptyImage": ({"width": "INT", "height": "INT", "batch_size": "INT", "color": "INT"}, ("IMAGE",)),
    "CreateVideo": ({"images": "IMAGE", "fps": "FLOAT", "audio": "AUDIO"}, ("VIDEO",)),
    "SaveVideo": (
        {
            "video": "VIDEO",
            "filename_prefix": "STRING",
            "format": ("auto", "mp4"),
            "codec": ("auto", "h264"),
        },
        (),
    ),
    "SaveImage": ({"images": "IMAGE", "filename_prefix": "STRING"}, ()),
}
OPTIONAL = {("CreateVideo", "audio")}
SAVING = ("SaveVideo", "SaveImage")
PLAIN: Mapping[str, type[Any] | tuple[type[Any], ...]] = {
    "STRING": str,
    "INT": int,
    "FLOAT": (int, float),
    "BOOLEAN": bool,
}


def check_graph(graph: Any, uploads: Collection[str]) -> None:
    """Refuse what the server refuses, in its words."""
    if not isinstance(graph, dict):
        raise refused("no_prompt", "No prompt provided")
    for node, part in graph.items():
        if not isinstance(part, dict) or "class_type" not in part:
            raise refused(
                "invalid_prompt", "Cannot execute because a node is missing the class_type property."
            )
        if part["class_type"] not in NODES:
            words = f"Cannot execute because node {part['class_type']} does not exist."
            raise refused("invalid_prompt", words, f"Node ID '#{node}'")
    if not any(part["class_type"] in SAVING for part in graph.values()):
        raise refused("prompt_no_outputs", "Prompt has no outputs")
    wrong = {
        node: {"errors": errors, "dependent_outputs": [], "class_type": part["class_type"]}
        for node, part in graph.items()
        if (errors := list(_errors(graph, part, uploads)))
    }
    if wrong:
        raise refused("prompt_outputs_failed_validation", "Prompt outputs failed validation", nodes=wrong)


def refused(kind: str, words: str, details: str = "", *, nodes: Mapping[str, Any] | None = None) -> Refusal:
    """An error as the server writes it."""
    error = {"type": kind, "message": words, "details": details, "extra_info": {}}
    return Refusal(400, {"error": error, "node_errors": dict(nodes or {})})


def _errors(
    graph: Mapping[str, Any], part: Mapping[str, Any], uploads: Collection[str]
) -> list[dict[str, Any]]:
    inputs, found = NODES[part["class_type"]][0], []
    for name, kind in inputs.items():
        if name not in part["inputs"]:
            if (part["class_type"], name) not in OPTIONAL:
                found.append(("required_input_missing", "Required input is missing", name))
            continue
        value = part["inputs"][name]
        if isinstance(kind, tuple):
            if value not in kind:
                found.append(
                    ("value_not_in_list", "Value not in list", f"{name}: '{value}' not in {list(kind)}")
                )
        elif kind == "UPLOAD":
            if value not in uploads:
                words = f"{name} - Invalid audio file: {value}"
                found.append(("custom_validation_failed", "Custom validation failed for node", words))
        elif kind in PLAIN:
            if not isinstance(value, PLAIN[kind]) or (kind != "BOOLEAN" and isinstance(value, bool)):
                words = f"Failed to convert an input value to a {kind} value"
                found.append(("invalid_input_type", words, f"{name}, {value}"))
        elif not _links(graph, value, kind):
            found.append(("return_type_mismatch", "Return type mismatch between linked nodes", name))
    if strange := set(part["inputs"]) - set(inputs):
        # The server says nothing about these; they are mistakes of ours all the same.
        found.append(("unknown_input", "nobody reads this input", sorted(strange)[0]))
    return [{"type": a, "message": b, "details": c, "extra_info": {}} for a, b, c in found]


def _links(graph: Mapping[str, Any], value: Any, kind: str) -> bool:
    if not isinstance(value, list) or len(value) != 2 or value[0] not in graph:
        return False
    outputs = NODES[graph[value[0]]["class_type"]][1]
    return isinstance(value[1], int) and value[1] < len(outputs) and outputs[value[1]] == kind
