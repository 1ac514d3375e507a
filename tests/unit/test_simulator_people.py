from callweave.simulator.chance import chance
from callweave.simulator.people import AddressBook, Answers, Busy, Fails, Temperament


def test_a_stranger_cannot_be_connected() -> None:
    book = AddressBook({"+441614960001": Busy()})
    assert book.behaviour("+441614960099", chance(1)) == Fails()
    assert book.behaviour("+441614960001", chance(1)) == Busy()


def test_equal_seeds_draw_equal_people() -> None:
    book = AddressBook(otherwise=Temperament())
    draws = [[book.behaviour("x", chance(7, call)) for call in range(30)] for _ in range(2)]
    assert draws[0] == draws[1]
    assert len(set(draws[0])) > 10


def test_a_temperament_does_what_its_weights_say() -> None:
    never_there = Temperament(answers=0, hangs_up_in_whisper=0, does_not_answer=0, fails=0)
    assert {never_there.draw(chance(i)) for i in range(50)} == {Busy()}


def test_nobody_talks_longer_than_their_longest_talk() -> None:
    brief = Temperament(longest_talk=30)
    talks = [each.talk for i in range(200) if isinstance(each := brief.draw(chance(i)), Answers)]
    assert min(talks) >= 20
    assert max(talks) == 30
