"""Spaces and points, from Python to JSON and back."""

import json
import math
import unittest

from arqon import ConfigError
from arqon.space import from_json, to_json


class Scalar:
    """A number of NumPy, as far as it matters here."""

    shape = ()

    def __init__(self, value):
        self._value = value

    def item(self):
        return self._value


class Array(Scalar):
    shape = (1,)


class ToJson(unittest.TestCase):
    def test_keeps_what_json_has(self):
        given = {"größe µ": {"min": -5, "max": 1.5}, "c": {"choices": ["ä", 1, 2.5, True]}, "n": None}
        self.assertEqual(to_json(given, ""), given)

    def test_takes_tuples_and_the_numbers_of_numpy(self):
        given = {"x": {"min": Scalar(-5), "max": Scalar(1.5)}, "c": {"choices": ("a", "b")}}
        self.assertEqual(to_json(given, ""), {"x": {"min": -5, "max": 1.5}, "c": {"choices": ["a", "b"]}})

    def test_refuses_everything_else_and_names_the_field(self):
        for value, begins in [
            ({"x": {"min": math.nan}}, "bounds.x.min: must be finite"),
            ({"x": {"max": math.inf}}, "bounds.x.max: must be finite"),
            ({"x": {"max": Scalar(math.inf)}}, "bounds.x.max: must be finite"),
            ({"x": {"choices": ["a", b"b"]}}, "bounds.x.choices[1]: must be a number"),
            ({"x": {"max": object()}}, "bounds.x.max: must be a number"),
            ({"x": {"max": Array(1)}}, "bounds.x.max: must be a number"),
            ({1: {}}, "bounds: names must be strings, got 1"),
        ]:
            with self.subTest(begins), self.assertRaises(ConfigError) as caught:
                to_json(value, "bounds")
            self.assertTrue(str(caught.exception).startswith(begins), str(caught.exception))
            self.assertEqual(len(caught.exception.problems), 1)


class FromJson(unittest.TestCase):
    def test_gives_each_number_its_own_type_whatever_json_wrote(self):
        bounds = {
            "real": {"min": -5, "max": 5},
            "whole": {"min": 1, "max": 8, "step": 1},
            "half": {"min": 0, "max": 8, "step": 0.5},
            "shifted": {"min": 0.5, "max": 8, "step": 1},
            "large": {"min": 0, "max": 1e20, "step": 1e18},
        }
        point = from_json(
            json.loads('{"real": 2, "whole": 3, "half": 4, "shifted": 1.5, "large": 1e+18}'), bounds
        )
        self.assertEqual({name: type(value) for name, value in point.items()}, {
            "real": float, "whole": int, "half": float, "shifted": float, "large": int,
        })  # fmt: skip
        self.assertEqual(point, {"real": 2, "whole": 3, "half": 4, "shifted": 1.5, "large": 10**18})

    def test_gives_back_the_choices_themselves(self):
        bounds = {
            "c": {"choices": [True, 1, 2.0, "1"]},
            "d": {"choices": (0, False)},
            "b": {"type": "boolean"},
        }
        for written, wanted in [("true", True), ("1", 1), ("2", 2.0), ('"1"', "1")]:
            found = from_json({"c": json.loads(written)}, bounds)["c"]
            self.assertEqual((found, type(found)), (wanted, type(wanted)))
        self.assertIs(from_json({"d": False}, bounds)["d"], False)
        self.assertEqual(type(from_json({"d": 0}, bounds)["d"]), int)
        self.assertIs(from_json({"b": True}, bounds)["b"], True)


if __name__ == "__main__":
    unittest.main()
