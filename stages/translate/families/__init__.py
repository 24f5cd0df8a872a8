"""Families of translation models, by the name that a card gives."""

from __future__ import annotations

from stages.translate.families.m2m100 import M2M100
from stages.translate.families.madlad import Madlad
from stages.translate.families.marian import Marian
from stages.translate.families.mbart50 import MBart50
from stages.translate.families.nllb import Nllb
from stages.translate.families.plain import Plain
from stages.translate.families.port import Family

FAMILIES: dict[str, type[Family]] = {
    family.name: family for family in (Plain, Nllb, M2M100, Madlad, Marian, MBart50)
}

__all__ = ["FAMILIES", "Family"]
