"""In which language new text can be added to a prompt, and how things are called in it."""

from __future__ import annotations

import re
from collections import Counter

from optimizer.models.dataclass import dataclass
from optimizer.promptcheck.layout import Layout
from optimizer.promptcheck.reading import Reading, read
from optimizer.promptcheck.words import listed

MIN_MARKERS = 2  # function words of a language, and twice as many as of any other
CLEAR_LEAD = 2
MIN_HAN_SHARE = 0.3  # of the letters

UNKNOWN_TONGUE = (
    "the language of the prompt is none of English, German, French, Spanish and Chinese"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """What new text says in one language.

    Attributes:
        code: As in BCP 47.
        task: Heading over what is to be done.
        input: Heading over what is given.
        output: Heading over how to answer.
        only_label: Demand to answer with one label; the labels follow as a list.
        allowed: Says that the result is one label; the labels follow as a list.
        only_object: Demand to answer with a JSON object; its keys follow as a list.
        only_answer: Demand to answer with nothing else.
        reason_first: Demand to think first and to put the answer alone on the last line.
        reasoning_key: What the key for the thoughts holds.
        one_of: Goes before the allowed values of a key.
        not_so: Goes before an answer to avoid.
    """

    code: str
    task: str
    input: str
    output: str
    only_label: str
    allowed: str
    only_object: str
    only_answer: str
    reason_first: str
    reasoning_key: str
    one_of: str
    not_so: str


TONGUES: dict[str, Tongue] = {
    "en": Tongue(
        code="en",
        task="Task",
        input="Input",
        output="Output format",
        only_label="Answer with exactly one of these labels and nothing else:",
        allowed="The result is one of these labels:",
        only_object="Answer with one JSON object and nothing else. Its keys, in this order:",
        only_answer="Answer with the result only: no introduction, no explanation, no code fence.",
        reason_first="Write down your reasoning first, then the result alone on the last line.",
        reasoning_key="your reasoning, in one or two sentences",
        one_of="one of",
        not_so="Not like this:",
    ),
    "de": Tongue(
        code="de",
        task="Aufgabe",
        input="Eingabe",
        output="Ausgabeformat",
        only_label="Antworte mit genau einer dieser Bezeichnungen und mit nichts anderem:",
        allowed="Das Ergebnis ist eine dieser Bezeichnungen:",
        only_object=(
            "Antworte mit einem JSON-Objekt und mit nichts anderem. Seine Schlüssel, in dieser "
            "Reihenfolge:"
        ),
        only_answer=(
            "Antworte nur mit dem Ergebnis: ohne Einleitung, ohne Erklärung, ohne Codeblock."
        ),
        reason_first=(
            "Schreibe zuerst deine Überlegung auf, dann das Ergebnis allein in die letzte Zeile."
        ),
        reasoning_key="deine Überlegung in ein oder zwei Sätzen",
        one_of="eines von",
        not_so="Nicht so:",
    ),
    "fr": Tongue(
        code="fr",
        task="Tâche",
        input="Entrée",
        output="Format de la réponse",
        only_label="Réponds par une seule de ces étiquettes et rien d\u2019autre :",
        allowed="Le résultat est une de ces étiquettes :",
        only_object="Réponds par un objet JSON et rien d\u2019autre. Ses clés, dans cet ordre :",
        only_answer=(
            "Réponds par le résultat seulement : sans introduction, sans explication, sans bloc "
            "de code."
        ),
        reason_first=(
            "Écris d\u2019abord ton raisonnement, puis le résultat seul sur la dernière ligne."
        ),
        reasoning_key="ton raisonnement, en une ou deux phrases",
        one_of="l\u2019une des valeurs",
        not_so="Pas ainsi :",
    ),
    "es": Tongue(
        code="es",
        task="Tarea",
        input="Entrada",
        output="Formato de la respuesta",
        only_label="Responde con una sola de estas etiquetas y nada más:",
        allowed="El resultado es una de estas etiquetas:",
        only_object="Responde con un objeto JSON y nada más. Sus claves, en este orden:",
        only_answer=(
            "Responde solo con el resultado: sin introducción, sin explicación, sin bloque de "
            "código."
        ),
        reason_first=(
            "Escribe primero tu razonamiento y después el resultado solo en la última línea."
        ),
        reasoning_key="tu razonamiento, en una o dos frases",
        one_of="uno de",
        not_so="Así no:",
    ),
    "zh": Tongue(
        code="zh",
        task="任务",
        input="输入",
        output="输出格式",
        only_label="只回答以下标签之一\uff0c不要输出其他内容\uff1a",
        allowed="结果是以下标签之一\uff1a",
        only_object="只输出一个 JSON 对象\uff0c不要输出其他内容。按此顺序包含以下键\uff1a",
        only_answer="只输出结果\uff1a不要开场白\uff0c不要解释\uff0c不要代码块。",
        reason_first="先写出推理过程\uff0c再在最后一行单独给出结果。",
        reasoning_key="推理过程\uff0c一两句话",
        one_of="取值之一",
        not_so="不要这样\uff1a",
    ),
}
"""Languages that text can be added in."""

_MARKERS = {
    "de": frozenset(
        listed(
            """der die das den dem des und ist nicht mit ein eine einen einer oder auf für wenn
            bitte sie ihre ob nur aus bei nach wird werden folgenden folgende antworte gib
            kein keine als zu dieser diese"""
        )
    ),
    "fr": frozenset(
        listed(
            """le la les des du et est pas avec une un dans pour que qui vous votre ou sur ce
            cette sont si tu réponds suivant suivante ne au aux texte"""
        )
    ),
    "es": frozenset(
        listed(
            """el la los las del y es no con una un en para que por o su se este esta si
            siguiente responde como al lo texto"""
        )
    ),
}
_HAN = re.compile(r"[\u4e00-\u9fff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")


def tongue_of(layout: Layout) -> Tongue | None:
    """Return the language of a prompt, or None where it is none of those or not sure.

    Examples and other data in it may be in another.
    """
    if not any(line.verbatim for line in layout.lines):
        return _tongue(layout.reading)
    own = read("\n".join(line.text for line in layout.lines if not line.verbatim))
    return _tongue(own if own.words else layout.reading)


def _tongue(reading: Reading) -> Tongue | None:
    if reading.language.is_english:
        return TONGUES["en"]
    n_letters = len(_LETTER.findall(reading.free))
    if len(_HAN.findall(reading.free)) > MIN_HAN_SHARE * n_letters:
        return None if _KANA_OR_HANGUL.search(reading.free) else TONGUES["zh"]
    counted = Counter(
        {code: sum(w in markers for w in reading.words) for code, markers in _MARKERS.items()}
    )
    (code, n), (_, n_next) = counted.most_common(2)
    return TONGUES[code] if n >= MIN_MARKERS and n >= CLEAR_LEAD * n_next else None
