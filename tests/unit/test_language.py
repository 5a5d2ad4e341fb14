"""The language of a text by its letters."""

import pytest

from evaluation.language import MIN_RUSSIAN_LETTERS, TRANSLATIONS_FOLDER, language, language_of_text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Құжаттарды қайта тексеріңіз", "kk"),
        ("Акт № 15, 31.05.2025", None),
        ("", None),
        ("Office of the auditor", None),
        ("Исправьте сумму по акту ревизионной комиссии, она расходится с балансом", "ru"),
        ("АО «Алтын қыран»", "kk"),
    ],
)
def test_language_of_a_typed_text(text: str, code: str | None) -> None:
    assert language_of_text(text) == code


@pytest.mark.parametrize("code", ["kk", "ru"])
def test_every_message_of_the_catalogues_has_its_language(code: str) -> None:
    """Messages that are long enough are the sample: the longest text in Kazakh without a Kazakh letter is shorter."""
    catalogue = language(code).translations._catalog  # type: ignore[attr-defined]
    texts = [text for message, text in catalogue.items() if message and isinstance(text, str)]
    long_texts = [text for text in texts if sum("а" <= letter <= "я" for letter in text.lower()) >= MIN_RUSSIAN_LETTERS]
    assert len(long_texts) > 100, TRANSLATIONS_FOLDER
    assert {language_of_text(text) for text in long_texts} == {code}
