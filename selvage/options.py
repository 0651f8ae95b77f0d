"""Options that commands on this machine and commands of a server share."""

from __future__ import annotations

from pathlib import Path

import click

CSV = click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="List with the columns file, sku, image_no and optionally category, tier, shoot, template.",
)
PROFILE = click.option("--profile", default="", help="How products are found: a profile of the segment service.")
RECURSIVE = click.option("--recursive", is_flag=True, help="Also take the photos of folders inside.")
SHOP = click.option(
    "--shop", default="local", show_default=True, help="Name under which results are kept: a-z, 0-9 and '-'."
)
