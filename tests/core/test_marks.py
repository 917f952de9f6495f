"""Marks that belong together, and marks that stay alone."""

from core.text.content import Bold, Emoji, Italic, Link, Text
from core.text.marks import Marks
from core.text.runs import BOLD, ITALIC, nest


def test_what_stands_between_two_marks_has_their_style() -> None:
    marks = Marks()
    marks.open("**", BOLD, "**")
    marks.say("a")
    marks.open("*", ITALIC, "*")
    marks.say("b")
    marks.say("c")
    assert marks.is_inside("*", "**")
    assert marks.close("*")
    marks.add(Emoji("e"))
    assert marks.kinds() == ["**"]
    assert marks.close("**")
    assert not marks.is_open("**")
    assert nest(marks.runs()) == (Bold((Text("a"), Italic((Text("bc"),)), Emoji("e"))),)


def test_a_mark_that_stays_alone_is_text() -> None:
    marks = Marks()
    marks.open("**", BOLD, "**")
    marks.say("a ")
    marks.open("*", ITALIC, "*")
    marks.say("b")
    assert marks.close("**")
    marks.open("*", ITALIC, "*")
    marks.end_line()
    assert not marks.is_open("*")
    assert nest(marks.runs()) == (Bold((Text("a *b"),)), Text("*"))


def test_brackets_inside_a_label_are_words_of_it() -> None:
    marks = Marks()
    marks.forget_last("[", only_inner=False)
    for words in ("a", "b"):
        marks.open("[", 0, "[")
        marks.say(words)
    marks.open("*", ITALIC, "*")
    marks.forget_last("[", only_inner=True)  # the mark was opened later
    assert marks.close("*") is False
    marks.say("c")
    assert marks.close("*")
    for _ in range(2):
        marks.forget_last("[", only_inner=True)  # the outer one stays
    marks.say("]")
    marks.link("[", "https://x.example/", preview=True)
    label = (Text("a[b"), Italic((Text("c"),)), Text("]"))
    assert nest(marks.runs()) == (Link("https://x.example/", label),)
    marks.open("[", 0, "[")
    marks.forget_last("[", only_inner=False)
    assert not marks.is_open("[")


def test_nothing_between_two_marks_closes_nothing() -> None:
    marks = Marks()
    marks.open("*", ITALIC, "*")
    assert not marks.close("*")
    assert marks.is_open("*")


def test_marks_opened_side_by_side_may_change_places() -> None:
    marks = Marks()
    marks.turn("**", "*")
    marks.open("**", BOLD, "**")
    marks.turn("**", "*")
    marks.open("*", ITALIC, "*")
    marks.turn("*", "**")
    marks.turn("**", "*")
    marks.say("a")
    assert marks.close("**")
    marks.say("b")
    assert marks.close("*")
    assert nest(marks.runs()) == (Bold((Italic((Text("a"),)),)), Italic((Text("b"),)))


def test_marks_with_words_between_them_do_not() -> None:
    marks = Marks()
    marks.open("**", BOLD, "**")
    marks.say("a")
    marks.open("*", ITALIC, "*")
    marks.turn("**", "*")
    marks.say("b")
    assert marks.close("**")
    assert nest(marks.runs()) == (Bold((Text("a*b"),)),)


def test_a_bracket_and_what_follows_become_a_link() -> None:
    marks = Marks()
    marks.say("see ")
    marks.open("[", 0, "[")
    marks.open("[", 0, "[")
    marks.open("*", ITALIC, "*")
    marks.say("b")
    marks.link("[", "https://a.example", preview=False)
    assert nest(marks.runs()) == (
        Text("see ["),
        Link("https://a.example", (Text("*b"),), preview=False),
    )
