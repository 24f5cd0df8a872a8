"""`polyreel models convert`: a Hugging Face translation model becomes a folder for translate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.models.reference import Scheme, parse_reference

Languages = Annotated[
    str, typer.Option(help="BCP-47 tags, comma-separated; found out if left out.")
]


def models_convert(
    source: Annotated[
        str, typer.Argument(help="A folder, or hf:OWNER/NAME@REVISION, of a Hugging Face model.")
    ],
    output: Annotated[str, typer.Argument(help="The new model folder.")],
    family: Annotated[
        str, typer.Option(help="nllb, m2m100, madlad400, marian, mbart50; found out if left out.")
    ] = "",
    quantisation: Annotated[str, typer.Option(help="int8, int8_float32, float16, float32 ...")] = (
        "int8"
    ),
    licence: Annotated[str, typer.Option(help="Of the weights, where its README is silent.")] = "",
    name: Annotated[str, typer.Option(help="What rows call the model.")] = "",
    revision: Annotated[
        str, typer.Option(help="Revision that a local folder was taken from.")
    ] = "",
    source_languages: Languages = "",
    target_languages: Languages = "",
) -> None:
    """Convert a translation model of Hugging Face to CTranslate2, with a card."""
    from pipeline.models.cache import ModelCache
    from pipeline.models.convert import Conversion, convert

    origin = source
    if parse_reference(source).scheme is Scheme.PATH:
        origin = "@".join(filter(None, (Path(source).resolve().name, revision)))
    card = convert(
        Conversion(
            ModelCache().ensure(source),
            Path(output),
            origin,
            family,
            quantisation,
            name,
            licence,
            _tags(source_languages),
            _tags(target_languages),
        )
    )
    typer.echo(
        f"{output}: {card['name']}, family {card['family']}, {card['quantisation']}, "
        f"{len(card['source_languages'])} languages into {len(card['target_languages'])}\n"
        f"use it with: --set translate.model={output}"
    )


def _tags(text: str) -> list[str]:
    return [tag.strip() for tag in text.split(",") if tag.strip()]
