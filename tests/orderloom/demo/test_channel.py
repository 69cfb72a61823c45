"""Following the channel's journal."""

import json

from orderloom.demo.channel import Acknowledged, Answers


def line(kind, order, **rest):
    return json.dumps({"kind": kind, "order": order, **rest}) + "\n"


def acknowledged(order, number):
    return line("acknowledged", order, number=number, answer={"tracking_url": f"http://t/{number}"})


def test_each_answer_is_told_once(tmp_path):
    journal = tmp_path / "channel.jsonl"
    answers = Answers(journal)
    assert answers.read_on() == {}
    journal.write_text(line("queued", "WEB-1", body={}) + acknowledged("WEB-1", "N1"))
    assert answers.read_on() == {"WEB-1": Acknowledged("N1", "http://t/N1")}
    assert answers.read_on() == {}


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(tmp_path):
    journal = tmp_path / "channel.jsonl"
    answers = Answers(journal)
    whole = acknowledged("WEB-1", "N1")
    journal.write_text(whole[:20])
    assert answers.read_on() == {}
    journal.write_text(whole)
    assert list(answers.read_on()) == ["WEB-1"]


def test_a_refusal_is_an_answer_without_a_number(tmp_path):
    journal = tmp_path / "channel.jsonl"
    answers = Answers(journal)
    journal.write_text(line("refused", "WEB-1", answer={"title": "Unknown SKU"}))
    assert answers.read_on() == {"WEB-1": None}
    assert answers.refused == {"WEB-1": {"title": "Unknown SKU"}}
