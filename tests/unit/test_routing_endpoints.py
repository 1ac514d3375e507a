import pytest

from callweave.domain.routing.endpoints import Endpoint, EndpointKind, InvalidEndpoint


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("+442079460123", EndpointKind.NUMBER),
        ("sip:ana@pbx.example", EndpointKind.SIP),
        ("sips:Ana.Souza@10.0.0.7:5061;transport=tls", EndpointKind.SIP),
        ("client:ana_souza", EndpointKind.CLIENT),
    ],
)
def test_phones_sip_addresses_and_clients_can_be_rung(text: str, kind: EndpointKind) -> None:
    endpoint = Endpoint.parse(text)
    assert (str(endpoint), endpoint.kind) == (text, kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "02079460123",
        "+0442079460123",
        "+4420794601230000",
        "+44",
        "+44207946012\u0663",  # an Arabic-Indic digit
        "+442079460123,,1",
        "442079460123",
        "999",
        "sip:ana",
        "sip:@pbx.example",
        "sip:ana@pbx..example",
        "sip:ana@-pbx.example",
        "sip:ana@pbx.example?X-Route=1",
        "sip:ana@pbx.example;maddr=10.0.0.1",
        "sip:ana@pbx.example&sip:eve@pbx.example",
        "client:ana souza",
        "client:",
        "tel:+442079460123",
        "https://shop.example/",
    ],
)
def test_nothing_else_can_be_rung(text: str) -> None:
    with pytest.raises(InvalidEndpoint, match="with its country"):
        Endpoint.parse(text)


@pytest.mark.parametrize("text", ["+979812345678", "+19005550100", "+449098790000"])
def test_premium_rate_numbers_are_refused(text: str) -> None:
    with pytest.raises(InvalidEndpoint, match="premium"):
        Endpoint.parse(text)


@pytest.mark.parametrize("text", ["+44 20 7946 0123", "+44 (20) 7946-0123", "+442079460123\n"])
def test_a_number_with_decoration_is_refused_with_its_plain_form(text: str) -> None:
    with pytest.raises(InvalidEndpoint, match=r'without spaces or signs: "\+442079460123"'):
        Endpoint.parse(text)


def test_an_address_that_was_never_checked_has_no_kind() -> None:
    with pytest.raises(InvalidEndpoint):
        _ = Endpoint("front desk").kind
