import pytest

from optimizer.promptcheck.reading import read

GERMAN = "Fasse den folgenden Text in drei kurzen Sätzen zusammen und nenne die wichtigsten Punkte"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Classify the sentiment of each review as positive or negative, and say why.", "english"),
        ("Summarize: {text}", "english"),
        ("Translate the following words into Japanese: 犬, 猫, 鳥.", "english"),
        (GERMAN, "other"),
        (
            "Résume le texte suivant en trois phrases courtes et cite les points importants",
            "other",
        ),
        ("Resume el siguiente texto en tres frases cortas y cita los puntos importantes", "other"),
        (
            "Vat de tekst samen in drie korte zinnen en noem de belangrijkste punten of namen",
            "other",
        ),
        ("Перескажи текст в трёх предложениях", "other"),
        ("请总结以下文本", "other"),
        ("hm", "other"),
        ("{{ text }} 12 !", "none"),
    ],
)
def test_the_gate_tells_english_from_the_rest(text: str, language: str):
    assert read(text).language.name == language


def test_the_gate_says_by_what_counts_it_judged():
    assert read("Summarize 文").language.explanation == (
        "word lists applied: 9 of 10 letters are ASCII, 1 of 2 words are known English words"
    )


def test_words_are_countable_where_spaces_part_them():
    assert read(GERMAN).language.has_spaced_words
    assert read("텍스트를 세 문장으로 요약하세요").language.has_spaced_words
    assert not read("次の文章を要約してください").language.has_spaced_words
