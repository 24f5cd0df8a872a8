"""Charts as inline SVG. Pure; colours come from the page's style, so they follow dark mode."""

from __future__ import annotations

from markupsafe import Markup, escape

from pipeline.report.data import Histogram

_WIDTH, _HEIGHT, _FOOT = 320, 130, 18


def histogram_svg(histogram: Histogram) -> Markup:
    """Bars for the bins, the range below, the tallest count above, the median as a line."""
    plot = _HEIGHT - _FOOT - 14
    top = max(histogram.counts)
    step = _WIDTH / len(histogram.counts)
    span = histogram.high - histogram.low
    parts = []
    for index, count in enumerate(histogram.counts):
        if count:
            tall = max(1.5, plot * count / top)
            first = histogram.low + span * index / len(histogram.counts)
            last = histogram.low + span * (index + 1) / len(histogram.counts)
            parts.append(
                f'<rect class="bar" x="{index * step + 0.75:.2f}" y="{14 + plot - tall:.2f}" '
                f'width="{step - 1.5:.2f}" height="{tall:.2f}" rx="1">'
                f"<title>{number(first)}–{number(last)}: {count}</title></rect>"
            )
    at = min(1.0, (histogram.median - histogram.low) / span) * _WIDTH
    parts += [
        f'<line class="median" x1="{at:.2f}" x2="{at:.2f}" y1="12" y2="{14 + plot}"/>',
        f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{14 + plot}" y2="{14 + plot}"/>',
        f'<text x="0" y="{_HEIGHT - 4}">{number(histogram.low)}</text>',
        f'<text x="{_WIDTH}" y="{_HEIGHT - 4}" text-anchor="end">'
        f"{number(histogram.high)} {escape(histogram.unit)}</text>",
        f'<text x="0" y="9">{top}</text>',
    ]
    label = escape(f"{histogram.title}: median {number(histogram.median)} {histogram.unit}")
    return Markup(  # every part above is a number or escaped
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        + "".join(parts)
        + "</svg>"
    )


def number(value: float) -> str:
    """A number as short as it can be read: 1234, 12.3, 0.046."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"
