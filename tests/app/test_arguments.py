import pytest

from prototypenas.app.arguments import (
    CONFIGURATION_FORM,
    parse_amount,
    parse_configuration,
    parse_input_shape,
    parse_keep,
    parse_minutes,
    parse_names,
    write_configuration,
)
from prototypenas.devices import named_device
from prototypenas.errors import ConfigurationError
from prototypenas.types import Configuration, GroupConfiguration


@pytest.mark.parametrize(
    ("text", "shape"), [("3x128x128", (3, 128, 128)), ("6X512", (6, 512)), ("1x32x32", (1, 32, 32))]
)
def test_input_shapes(text, shape):
    assert parse_input_shape(text) == shape


@pytest.mark.parametrize("text", ["", "128", "3x0x3", "3x128x128x1", "axb", "3,128,128", "-1x3"])
def test_other_inputs_are_refused(text):
    with pytest.raises(ConfigurationError, match="CxHxW"):
        parse_input_shape(text)


@pytest.mark.parametrize(("text", "keep"), [("3", 3), ("3-5", (3, 5)), ("4-4", (4, 4))])
def test_keep(text, keep):
    assert parse_keep(text) == keep


@pytest.mark.parametrize("text", ["0", "-1", "5-3", "three", "", "0-2"])
def test_other_keeps_are_refused(text):
    with pytest.raises(ConfigurationError, match="keep is"):
        parse_keep(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("320KiB", 327680), ("1MiB", 1048576), ("250M", 250_000_000), ("1.5k", 1500), ("100", 100), ("365kB", 365_000)],
)
def test_amounts(text, amount):
    assert parse_amount("RAM", text) == amount


@pytest.mark.parametrize("text", ["lots", "-3", "3 apples", ""])
def test_other_amounts_are_refused(text):
    with pytest.raises(ConfigurationError, match="RAM is"):
        parse_amount("RAM", text)


def test_names_are_split_and_stripped():
    assert parse_names("meco, zico,") == ("meco", "zico")


def test_a_configuration_is_read_and_written():
    configuration = parse_configuration("mbednet", CONFIGURATION_FORM)
    assert configuration.groups[2] == GroupConfiguration(depth=3, kernel=5, stride=2, sparsity=0.2)
    assert parse_configuration("mbednet", write_configuration(configuration)) == configuration


def test_one_number_stands_for_all_groups_and_the_rest_is_default():
    assert parse_configuration("mbednet", "kernels=5") == Configuration(
        "mbednet", 1.0, (GroupConfiguration(kernel=5),) * 4
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("depth=3", "'depth' is no part"),
        ("depths=1,2", "depths is '1,2'"),
        ("depths=1.5", "whole numbers"),
        ("kernels=4", "must be odd"),
        ("width=wide", "width is 'wide'"),
        ("sparsities=1", "below 1"),
    ],
)
def test_other_configurations_are_refused(text, message):
    with pytest.raises(ConfigurationError, match=message):
        parse_configuration("mbednet", text)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_input_shape, "3x" + 20 * "9" + "x9"),
        (parse_input_shape, "3x10001x9"),
        (parse_input_shape, "3x\u00b2x9"),
        (parse_keep, 400 * "9"),
        (parse_minutes, 400 * "9"),
        (parse_minutes, 25 * "9" + "h"),
        (named_device, "cuda:" + 400 * "9"),
        (named_device, 400 * "x"),
        (lambda text: parse_amount("RAM limit", text), 400 * "9"),
        (lambda text: parse_configuration("mbednet", text), "depths=100000"),
        (lambda text: parse_configuration("mbednet", text), "depths=nan"),
        (lambda text: parse_configuration("mbednet", text), "sparsities=inf"),
        (lambda text: parse_configuration("mbednet", text), "kernels=10001"),
        (lambda text: parse_configuration("mbednet", text), 300 * "x"),
    ],
)
def test_numbers_and_names_out_of_reason_are_refused_in_a_short_line(parse, text):
    with pytest.raises(ConfigurationError) as refusal:
        parse(text)
    assert len(str(refusal.value)) < 250
