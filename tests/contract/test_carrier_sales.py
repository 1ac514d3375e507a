"""Numbers that the carrier sells: our client against the simulated carrier, and against what
Twilio's documentation shows (https://www.twilio.com/docs/phone-numbers).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest
from twilio.rest import Client

from callweave.simulator import rest
from callweave.simulator.line import NumberConfig
from callweave.telephony import line, offers
from callweave.telephony.carrier import CarrierError, NotKnownError, NumberSettings, UnsureError
from callweave.telephony.offers import MonthlyPrice, NumberKind, Offer, Wanted, monthly_price
from carrier_rest import Exchange, exchange
from service import ACCOUNT, TOKEN

LINE, LONDON, LEEDS, MOBILE = "+442079460901", "+442079460900", "+441134960900", "+447700900900"
OLD = NumberConfig("https://old.example/ring")
NEW = NumberSettings(
    "https://new.example/voice/ring#rc=1",
    "https://new.example/voice/fallback#rc=1",
    "https://new.example/voice/status",
)
LOCAL = Wanted("GB", NumberKind.LOCAL)


@pytest.fixture
def running() -> Iterator[Exchange]:
    with exchange({LINE: OLD}) as found:
        yield found


def found(running: Exchange, wanted: Wanted, most: int = 50) -> list[str]:
    return [offer.e164 for offer in offers.offers(running.api, wanted, most)]


def test_an_offer_tells_where_it_is_what_it_can_and_what_it_needs(running: Exchange) -> None:
    assert next(offers.offers(running.api, LOCAL, 1)) == Offer(LONDON, "London", ("voice",), "none")
    (leeds,) = offers.offers(running.api, Wanted("GB", NumberKind.LOCAL, town="Leeds"), 1)
    assert leeds == Offer(LEEDS, "Leeds", ("voice",), "any")


def test_what_the_account_has_is_not_offered(running: Exchange) -> None:
    assert LINE not in found(running, LOCAL)
    assert len(found(running, LOCAL, 7)) == 7


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (Wanted("GB", NumberKind.LOCAL, area="0161"), "+441614960900"),
        (Wanted("GB", NumberKind.LOCAL, area="161"), "+441614960900"),
        (Wanted("US", NumberKind.LOCAL, area="415"), "+14155550101"),
        (Wanted("GB", NumberKind.LOCAL, contains="0917$"), "+442079460917"),
        (Wanted("GB", NumberKind.LOCAL, town="Manchester"), "+441614960900"),
        (Wanted("GB", NumberKind.MOBILE), MOBILE),
        (Wanted("US", NumberKind.TOLL_FREE), "+18005550101"),
    ],
)
def test_a_search_can_be_narrowed(running: Exchange, wanted: Wanted, first: str) -> None:
    assert found(running, wanted)[0] == first


def test_numbers_that_need_an_address_can_be_left_out(running: Exchange) -> None:
    leeds = Wanted("GB", NumberKind.LOCAL, town="Leeds", without_address=True)
    assert found(running, leeds) == []


def test_a_country_without_such_numbers_is_not_known(running: Exchange) -> None:
    with pytest.raises(NotKnownError):
        found(running, Wanted("FR", NumberKind.MOBILE))


def test_a_price_is_the_accounts_own_and_as_fine_as_it_is_told(running: Exchange) -> None:
    price = monthly_price(running.api, "GB", NumberKind.TOLL_FREE)
    assert price == MonthlyPrice(Decimal("2.15"), "USD")
    assert str(price) == "2.15 USD"
    assert monthly_price(running.api, "FR", NumberKind.LOCAL) is None
    assert monthly_price(running.api, "US", NumberKind.MOBILE) is None


# As the documentation shows them; the older form has other names and numbers for texts.
@pytest.mark.parametrize(
    ("told", "price"),
    [
        (
            {
                "phone_number_prices": [
                    {"number_type": "mobile", "base_price": "3.00", "current_price": "3.00"},
                    {"number_type": "local", "base_price": "1.00", "current_price": "0.950"},
                ],
                "price_unit": "usd",
            },
            MonthlyPrice(Decimal("0.950"), "USD"),
        ),
        (
            {
                "phone_number_prices": [{"number_type": "local", "current_price": 1.15}],
                "price_unit": "EUR",
            },
            MonthlyPrice(Decimal("1.15"), "EUR"),
        ),
        ({"phone_number_prices": [], "price_unit": "USD"}, None),
        ({"phone_number_prices": None, "price_unit": None}, None),
        (
            {
                "phone_number_prices": [{"number_type": "local", "current_price": "free"}],
                "price_unit": "USD",
            },
            None,
        ),
    ],
)
def test_a_price_list_is_read_in_each_form_that_it_has(
    told: Mapping[str, object], price: MonthlyPrice | None
) -> None:
    assert offers.price_in(told, NumberKind.LOCAL) == price


# https://www.twilio.com/docs/phone-numbers/api/availablephonenumberlocal-resource
def test_an_offer_is_read_as_the_documentation_shows_it() -> None:
    record = {
        "address_requirements": "none",
        "beta": False,
        "capabilities": {"mms": True, "sms": False, "voice": True},
        "friendly_name": "(808) 925-1571",
        "iso_country": "US",
        "lata": "834",
        "latitude": "19.720000",
        "locality": "Hilo",
        "longitude": "-155.090000",
        "phone_number": "+18089251571",
        "postal_code": "96720",
        "rate_center": "HILO",
        "region": "HI",
    }
    assert offers.read_offer(record) == Offer("+18089251571", "Hilo, HI", ("mms", "voice"), "none")
    assert offers.read_offer({**record, "phone_number": None}) is None
    sparse = {"phone_number": "+18089251571", "locality": None, "capabilities": None}
    assert offers.read_offer(sparse) == Offer("+18089251571", "", (), "none")


def test_a_number_is_bought_with_all_that_it_is_set_to(running: Exchange) -> None:
    running.api.buy(LONDON, NEW, "for the shop", {})
    (number,) = running.api.numbers(LONDON)
    assert (number.settings, number.asked_by_post) == (NEW, True)
    assert number.name == "for the shop"
    assert LONDON not in found(running, LOCAL)


def test_what_the_account_has_is_bought_by_setting_it(running: Exchange) -> None:
    running.api.buy(LINE, NEW, "again", {})
    assert [number.settings for number in running.api.numbers()] == [NEW]


@pytest.mark.parametrize(
    ("number", "code"), [("+442079461234", 21422), (LEEDS, 21631), (MOBILE, 21649)]
)
def test_a_sale_that_is_refused_has_a_code_and_is_sure(
    running: Exchange, number: str, code: int
) -> None:
    with pytest.raises(CarrierError) as refused:
        running.api.buy(number, NEW, "", {})
    assert refused.value.code == code
    assert not isinstance(refused.value, UnsureError)
    assert number not in running.carrier.numbers


@pytest.mark.parametrize(
    ("number", "papers"),
    [(LEEDS, {"address_sid": "AD" + "0" * 32}), (MOBILE, {"bundle_sid": "BU" + "0" * 32})],
)
def test_papers_that_a_sale_needs_go_with_it(
    running: Exchange, number: str, papers: Mapping[str, str]
) -> None:
    running.api.buy(number, NEW, "", papers)
    assert number in running.carrier.numbers


def test_a_purchase_is_never_asked_for_twice_and_nobody_knows_what_became_of_it(
    running: Exchange,
) -> None:
    running.troubles.next_answers.append(503)
    with pytest.raises(UnsureError, match="answered 503"):
        running.api.buy(LONDON, NEW, "", {})
    assert LONDON not in running.carrier.numbers


def test_a_number_is_given_back_once(running: Exchange) -> None:
    (number,) = running.api.numbers()
    running.api.release(number)
    assert running.carrier.numbers == frozenset()
    running.api.release(number)


def test_twilios_own_client_reads_all_of_it(running: Exchange) -> None:
    client = Client(ACCOUNT, TOKEN, http_client=line.Line(running.url, 5))
    (offer,) = client.available_phone_numbers("GB").local.list(contains="0917", limit=1)
    assert (offer.phone_number, offer.locality) == ("+442079460917", "London")
    prices = client.pricing.v1.phone_numbers.countries("GB").fetch()
    assert {line["number_type"] for line in prices.phone_number_prices} >= {"local", "toll free"}
    bought = client.incoming_phone_numbers.create(phone_number=LONDON, friendly_name="shop")
    assert (bought.phone_number, bought.friendly_name) == (LONDON, "shop")
    assert client.incoming_phone_numbers(bought.sid).delete()


def test_what_is_sold_lies_in_ranges_that_are_kept_for_fiction(running: Exchange) -> None:
    fiction = ("+44207946", "+44161496", "+44113496", "+447700900", "+443069990", "+448081570")
    for kind in NumberKind:
        assert all(number.startswith(fiction) for number in found(running, Wanted("GB", kind)))
    assert all(n[5:8] == "555" for n in found(running, Wanted("US", NumberKind.LOCAL)))
    assert rest.LONGEST_NAME == 64
